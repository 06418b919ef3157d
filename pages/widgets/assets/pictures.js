// What components that show pictures share; put before their own code.
function cell(node, sheet, i, size) {
  const [column, row] = [i % sheet.columns, Math.floor(i / sheet.columns)];
  Object.assign(node.style, {
    width: `${size}px`,
    height: `${size}px`,
    backgroundImage: `url(${sheet.url})`,
    backgroundSize: `${sheet.columns * size}px ${sheet.rows * size}px`,
    backgroundPosition: `${-column * size}px ${-row * size}px`,
  });
  return node;
}
function element(name, kind) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  return made;
}
function percent(p) {
  return `${Math.round(100 * p)}%`;
}
