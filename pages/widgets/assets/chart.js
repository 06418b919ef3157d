// A Plotly figure in one node that stays: new data change what is drawn and leave zoom, tool tip and place alone.
// Streamlit's own chart is thrown away and made anew whenever its data change, which a live curve does all the time.
export default function ({ parentElement, data }) {
  const node = parentElement.querySelector(".chart");
  if (!node.fresh) begin(node);
  node.fresh = data;
  node.style.height = `${data.height}px`;
  node.setAttribute("aria-label", data.alt);
  // where nothing moves, what the learner looks at comes first
  if (data.moves || window.learnPlotly) draw(node);
  else (window.requestIdleCallback || setTimeout)(() => draw(node), { timeout: 3000 });
}

function begin(node) {
  // the first size is no change: the first drawing may wait
  new ResizeObserver(() => (node.drawn || node.unseen) && draw(node)).observe(node);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => draw(node), 300));
  node.addEventListener("mousemove", (event) => event.isTrusted && (node.pointer = event));
  node.addEventListener("mouseleave", () => (node.pointer = null));
}

// One script for all figures of the tab.
function plotly(address) {
  window.learnPlotly ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => done(window.Plotly);
    script.onerror = () => {
      window.learnPlotly = undefined;
      fail(new Error(`${address} did not load`));
    };
    document.head.append(script);
  });
  return window.learnPlotly;
}

// Draws the newest data; those that come while it draws are drawn next, and older ones never.
async function draw(node) {
  node.unseen = !node.clientWidth;
  if (node.busy || node.unseen) return;
  node.busy = true;
  try {
    const Plotly = await plotly(node.fresh.script);
    while (node.drawn !== look(node)) {
      node.drawn = look(node);
      const { data, layout } = JSON.parse(node.fresh.figure);
      const size = { width: node.clientWidth, height: node.fresh.height, template: theme(node) };
      await Plotly.react(node, data, { ...layout, ...size }, node.fresh.config);
    }
    // a figure that has changed under a still pointer has lost its tool tip
    if (node.pointer) document.elementFromPoint(node.pointer.clientX, node.pointer.clientY)?.dispatchEvent(new MouseEvent("mousemove", node.pointer));
  } finally {
    node.busy = false;
  }
}

function look(node) {
  const style = getComputedStyle(node);
  return [node.fresh.figure, node.clientWidth, style.color, style.backgroundColor].join();
}

// As Streamlit's theme has it for its own charts.
function theme(node) {
  const style = getComputedStyle(node);
  const [ink, family] = [style.color, style.fontFamily];
  const paper = style.getPropertyValue("--st-background-color").trim();
  const faint = `color-mix(in srgb, ${ink} 12%, ${paper})`;
  const line = toRgb(faint, node);
  const text = (size) => ({ color: ink, family, size });
  const axis = { zerolinecolor: line, gridcolor: line, tickcolor: line, tickfont: text(12), automargin: true };
  return {
    layout: {
      font: text(12),
      paper_bgcolor: paper,
      plot_bgcolor: paper,
      legend: { font: text(12), bgcolor: "rgba(0,0,0,0)" },
      margin: { pad: 8 },
      hoverlabel: { bgcolor: paper, bordercolor: line, font: text(12) },
      xaxis: { ...axis, showgrid: false, zeroline: false, title: { font: text(14), standoff: 20 } },
      yaxis: { ...axis, ticklabelposition: "outside", title: { font: text(14), standoff: 24 } },
    },
  };
}

// Plotly reads no color-mix: the browser works it out.
function toRgb(colour, node) {
  const probe = node.parentElement.appendChild(document.createElement("i"));
  probe.style.color = colour;
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(probe).color;
  canvas.fillRect(0, 0, 1, 1);
  probe.remove();
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return `rgb(${r},${g},${b})`;
}
