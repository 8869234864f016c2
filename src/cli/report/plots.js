// The data: {name, tiles: [[label, text]], plots: [{title, kind: "bars" | "points", x, y, labels, series: [{label, values}]}],
// columns: [text], rows: [[text]]}. Values of bars: a number for each label; of points: {x, y, text}.
const colors = ["#2563eb", "#ea580c", "#16a34a", "#9333ea", "#0891b2", "#ca8a04", "#dc2626", "#64748b", "#db2777", "#4d7c0f"];

const axis = (title, more = {}) => ({ title: { display: Boolean(title), text: title }, grid: { color: "#eef1f4" }, ...more });

function figure(plot, height) {
  const parent = make(element("plots"), "figure");
  make(parent, "figcaption", plot.title);
  const box = make(parent, "div", undefined, "plot");
  box.style.height = `${height}px`;
  return make(box, "canvas");
}

/// From left to right, the first label on top; several series side by side.
function bars(plot) {
  const datasets = plot.series.map(({ label, values }, i) => ({ label, data: values, backgroundColor: colors[i % colors.length] }));
  return new Chart(figure(plot, 80 + plot.labels.length * 18 * Math.max(1, datasets.length * 0.6)), {
    type: "bar",
    data: { labels: plot.labels, datasets },
    options: {
      indexAxis: "y",
      plugins: { legend: { display: datasets.length > 1, align: "end" } },
      scales: { x: axis(plot.x, { beginAtZero: true }), y: axis(plot.y, { ticks: { autoSkip: false } }) },
    },
  });
}

function dots(plot) {
  const datasets = plot.series.map(({ label, values }, i) => ({ label, data: values, backgroundColor: colors[i % colors.length], pointRadius: 4 }));
  return new Chart(figure(plot, 340), {
    type: "scatter",
    data: { datasets },
    options: {
      plugins: {
        legend: { align: "end" },
        tooltip: { callbacks: { label: ({ dataset, raw }) => `${dataset.label} ${raw.text || ""}: ${raw.y}` } },
      },
      scales: { x: axis(plot.x, { ticks: { precision: 0 } }), y: axis(plot.y, { beginAtZero: true }) },
    },
  });
}

element("name").textContent = data.name;
for (const [label, text] of data.tiles) addTile(text, label);
for (const plot of data.plots) (plot.kind === "bars" ? bars : dots)(plot);
const head = make(element("table"), "tr");
for (const text of data.columns) make(head, "th", text);
for (const row of data.rows) {
  const line = make(element("table"), "tr");
  for (const text of row) make(line, "td", text);
}
