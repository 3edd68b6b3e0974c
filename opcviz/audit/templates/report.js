"use strict";
// Charts stand beside tables with the same figures; where one cannot be drawn, the table remains.
for (const place of document.querySelectorAll("[data-chart]")) {
  const { data, layout } = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  Plotly.newPlot(place, data, layout, { displayModeBar: false, doubleClick: false });
}
document.documentElement.classList.add("drawn");
