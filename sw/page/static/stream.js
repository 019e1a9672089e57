// The stream: two networks, three tasks, and how well each task is known over time.

import { percent } from "./figures.js";

const sides = document.getElementById("sides");
const progress = document.getElementById("stream-at");
const [WIDTH, HEIGHT, LEFT, FOOT] = [420, 190, 42, 18];
let shown = "";

export function showStream(stream, plays) {
  document.getElementById("play").disabled = plays !== null;
  document.getElementById("stop").disabled = plays === null;
  if (stream === null) return;
  const done = stream.at.at(-1) ?? 0;
  const all = stream.samples * stream.tasks.length;
  progress.textContent = plays === "stream" ? `task ${stream.task + 1} of ${stream.tasks.length}: ${stream.tasks[stream.task]}` : done < all ? "stopped" : "done";
  const text = JSON.stringify(stream);
  if (text === shown) return;
  shown = text;
  sides.replaceChildren(...stream.sides.map((side) => picture(stream, side)));
}

function picture(stream, side) {
  const figure = document.createElement("figure");
  figure.className = "side";
  const caption = document.createElement("figcaption");
  const title = document.createElement("strong");
  title.textContent = side.called[0].toUpperCase() + side.called.slice(1);
  const speed = side.rate === null ? "" : `, ${Math.round(side.rate).toLocaleString("en")} samples a second`;
  caption.append(title, `${side.on}${speed}`);
  figure.append(caption, chart(stream, side), table(stream, side));
  return figure;
}

function chart(stream, side) {
  const all = stream.samples * stream.tasks.length;
  const x = (samples) => LEFT + ((WIDTH - LEFT - 6) * samples) / all;
  const y = (share) => 8 + (1 - share) * (HEIGHT - FOOT - 8);
  let drawn = "";
  for (const share of [0, 0.5, 1]) {
    drawn += `<line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${y(share)}" y2="${y(share)}"/>`;
    drawn += `<text x="${LEFT - 4}" y="${y(share) + 4}" text-anchor="end">${100 * share}%</text>`;
  }
  stream.tasks.forEach((task, i) => {
    if (i) drawn += `<line class="axis" x1="${x(i * stream.samples)}" x2="${x(i * stream.samples)}" y1="4" y2="${HEIGHT - FOOT}"/>`;
    drawn += `<text x="${x((i + 0.5) * stream.samples)}" y="${HEIGHT - 4}" text-anchor="middle">${task}</text>`;
    const points = side.looks.flatMap((look, n) => (i < look.length ? [`${x(stream.at[n])},${y(look[i])}`] : []));
    if (points.length) drawn += `<polyline class="t${i}" points="${points.join(" ")}"/>`;
  });
  const held = document.createElement("div");
  const now = (side.looks.at(-1) ?? []).map((share, i) => `${stream.tasks[i]} ${percent(share)}`).join(", ");
  held.innerHTML = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Accuracy on each task so far, ${side.called}: ${now}">${drawn}</svg>`;
  return held.firstChild;
}

function table(stream, side) {
  const table = document.createElement("table");
  table.innerHTML = "<thead><tr><th scope='col'>task</th><td>when it was learned</td><td>now</td></tr></thead><tbody></tbody>";
  stream.tasks.forEach((task, i) => {
    const ends = side.looks.filter((look, n) => i < look.length && stream.at[n] <= (i + 1) * stream.samples);
    const row = table.tBodies[0].insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.innerHTML = `<span class="dot t${i}"></span>`;
    name.append(task);
    row.append(name);
    row.insertCell().textContent = percent(ends.at(-1)?.[i] ?? null);
    row.insertCell().textContent = percent(side.looks.at(-1)?.[i] ?? null);
  });
  return table;
}
