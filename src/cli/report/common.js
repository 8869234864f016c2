"use strict";

// What the scripts of all pages begin with.
const data = JSON.parse(document.getElementById("data").textContent);

Object.assign(Chart.defaults, { animation: false, responsive: true, maintainAspectRatio: false });
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.color = "#616e7c";

const element = (id) => document.getElementById(id);

function make(parent, tag, text, name) {
  const made = parent.appendChild(document.createElement(tag));
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

/// A fact in large letters, and below it what it is.
function addTile(fact, what) {
  const tile = make(element("tiles"), "div", undefined, "tile");
  make(tile, "b", fact);
  make(tile, "span", what);
}
