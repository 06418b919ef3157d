// The parts of D3 that the stages draw with.
export { extent, max, min, ticks } from "d3-array";
export { axisBottom, axisLeft } from "d3-axis";
export { contours } from "d3-contour";
export { drag } from "d3-drag";
export { scaleLinear } from "d3-scale";
export { pointer, select } from "d3-selection";
export { line, symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar } from "d3-shape";
export { transition } from "d3-transition"; // gives selections their transition()
