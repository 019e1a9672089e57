// The list of symbols: what the board makes of the drawing, and a button to teach each.

import { showPixels } from "./ink.js";

const list = document.getElementById("symbols");
const why = document.getElementById("why");

// `thought` is what the board answered to the drawing, null without one; `teach(number)` is called by a button.
export function showSymbols(symbols, thought, teach) {
  while (list.children.length > symbols.length) list.lastChild.remove();
  while (list.children.length < symbols.length) list.append(row(list.children.length, teach));
  const scores = thought?.scores;
  const most = scores ? Math.max(1, ...scores.slice(0, symbols.length).map(Math.abs)) : 1;
  symbols.forEach((symbol, number) => {
    const item = list.children[number];
    const isBest = thought?.prediction === number;
    item.classList.toggle("best", isBest);
    const button = item.querySelector("button");
    item.querySelector("button span").textContent = symbol.name;
    button.setAttribute("aria-label", `Teach: this is ${symbol.name}${isBest ? ", which is what the board thinks" : ""}`);
    button.title = number < 9 ? `key ${number + 1}` : "";
    if (item.dataset.last !== symbol.last) {
      item.dataset.last = symbol.last;
      showPixels(button.querySelector("canvas"), symbol.last ?? "0");
    }
    showBar(item.querySelector(".score"), symbol.name, scores?.[number], most, isBest);
    showKept(item.querySelector(".kept"), symbol);
  });
  why.textContent = thought?.why ? `${scores ? "" : "No scores: "}${thought.why}.` : "";
}

function row(number, teach) {
  const item = document.createElement("li");
  item.innerHTML =
    '<button type="button"><canvas width="28" height="28" aria-hidden="true"></canvas><span></span></button>' +
    '<div class="score" role="img"><div class="bar"><i></i></div><b></b></div><div class="kept"></div>';
  item.querySelector("button").addEventListener("click", () => teach(number));
  return item;
}

// A score is a sum of as many agreements as disagreements: it goes to both sides of the middle.
function showBar(place, name, score, most, isBest) {
  const [bar, fill, told] = [place.querySelector(".bar"), place.querySelector("i"), place.querySelector("b")];
  const hasScore = typeof score === "number";
  bar.classList.toggle("diverging", hasScore);
  const share = hasScore ? Math.abs(score) / most / 2 : isBest ? 1 : 0;
  fill.style.width = `${100 * share}%`;
  fill.style.left = hasScore ? `${100 * (score < 0 ? 0.5 - share : 0.5)}%` : "0";
  told.textContent = hasScore ? score : "";
  const says = hasScore ? `score ${score}` : isBest ? "the prediction" : "not the prediction";
  place.setAttribute("aria-label", `${name}: ${says}`);
}

function showKept(place, symbol) {
  const looked = symbol.still !== null && symbol.drawings > 0;
  place.classList.toggle("lost", looked && symbol.still * 2 < symbol.drawings);
  place.innerHTML = "";
  const count = document.createElement("strong");
  count.textContent = looked ? `${symbol.still} of ${symbol.drawings}` : `${symbol.taught} taught`;
  place.append(count, looked ? "still known" : "so far");
  place.title = "Your last drawings of it that the board still knows";
}
