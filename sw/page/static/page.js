// The page: what it asks the server, and what it shows of the answers. All state is the server's; a page may come and go.

import { showFigures } from "./figures.js";
import { Ink, showPixels } from "./ink.js";
import { showStream } from "./stream.js";
import { showSymbols } from "./symbols.js";

const at = (name) => document.getElementById(name);
const REST = 60; // milliseconds without a change before the board is asked
const TOAST = 9000; // milliseconds
const LARGEST_FILE = 64 * 2 ** 20;

let state = null;
let thought = null; // of the drawing as it is
let note = null;
let told = false; // whether the answer tells of a press, which the next drawing ends

const ink = new Ink(at("canvas"), 28, drawn);

// Ask the server; null where it refuses, which is said.
async function ask(path, given, raw) {
  try {
    const answer = await fetch(path, { method: "POST", body: raw ?? JSON.stringify(given ?? {}) });
    const found = await answer.json();
    if (answer.ok) return found;
    say(found.error);
  } catch {
    say("The program that speaks to the board does not answer: is metaplast page still running?");
  }
  return null;
}

let hides = 0;
function say(sentence) {
  const toast = at("toast");
  toast.textContent = sentence[0].toUpperCase() + sentence.slice(1) + (sentence.endsWith("?") ? "" : ".");
  toast.hidden = false;
  clearTimeout(hides);
  hides = setTimeout(() => (toast.hidden = true), TOAST);
}

// --- the drawing, and what the board thinks of it

let waits = 0;
let asks = false;
let again = false;

function drawn() {
  at("undo").disabled = at("clear").disabled = ink.isEmpty;
  at("empty").hidden = !ink.isEmpty;
  showPixels(at("seen"), ink.isEmpty ? "0" : ink.pixels());
  at("seen").setAttribute("aria-label", ink.isEmpty ? "What the network sees: nothing yet" : "What the network sees of the drawing");
  if (ink.isEmpty) {
    thought = null;
    show();
    return;
  }
  told = false;
  clearTimeout(waits);
  waits = setTimeout(think, REST);
}

async function think() {
  if (asks) return void (again = true);
  if (ink.isEmpty || state === null || state.taken) return;
  asks = true;
  const answer = await ask("think", { drawing: ink.pixels() });
  asks = false;
  thought = ink.isEmpty ? null : answer;
  show();
  if (again) {
    again = false;
    think();
  }
}

async function teach(number) {
  if (ink.isEmpty) return say("draw something first, then say what it is");
  const name = state.symbols[number]?.name;
  const answer = await ask("teach", { drawing: ink.pixels(), symbol: number });
  if (answer === null) return;
  const before = state.symbols[answer.prediction]?.name;
  ink.clear();
  told = true;
  at("answer").textContent =
    answer.prediction === number ? `Right, it was ${name}.` : `It thought ${before ?? "of nothing it knows"}. Now it has been told: ${name}.`;
}

async function teachNew(event) {
  event.preventDefault();
  if (ink.isEmpty) return say("draw something first, then give it a name");
  const name = at("name").value;
  const made = await ask("symbols", { name });
  if (made === null) return;
  at("name").value = "";
  const answer = await ask("teach", { drawing: ink.pixels(), symbol: made.symbol });
  if (answer === null) return;
  ink.clear();
  told = true;
  at("answer").textContent = `A new symbol: ${name}. Draw it again, or another one.`;
  at("canvas").focus({ preventScroll: true });
}

function answerText() {
  if (state.taken) return "The network that you teach waits while the stream plays.";
  if (ink.isEmpty) return state.symbols.length ? "Draw something." : "It knows nothing yet. Draw a symbol and give it a name.";
  if (thought === null) return "…";
  if (!state.symbols.length) return "It knows nothing yet: give this a name.";
  const name = state.symbols[thought.prediction]?.name;
  return name === undefined ? "It thinks of nothing that it knows." : `It thinks: ${name}`;
}

// --- what the server tells

function show() {
  if (state === null) return;
  if (!told) at("answer").textContent = answerText();
  showSymbols(state.symbols, thought, teach);
  showFigures(state);
  showStream(state.stream, state.plays);
  at("board-name").textContent = `${state.board.title} · ${state.board.what}`;
  at("rehearsal").checked = state.rehearsal.size > 0;
  at("pixels").textContent = `${state.side} × ${state.side}`;
  at("digits").textContent = state.plays === "digits" ? `Stop: ${state.left} digits left` : "Play it 500 digits";
  for (const name of ["add", "rehearsal", "anew", "file"]) at(name).disabled = state.taken !== null;
  at("digits").disabled = state.plays === "stream" || state.side !== 28;
}

function news(event) {
  const before = state;
  state = JSON.parse(event.data);
  if (ink.side !== state.side) {
    ink.side = state.side;
    ink.clear();
  }
  if (note !== null && note !== state.note.number) say(state.note.text);
  note = state.note.number;
  lamp(true);
  if (before === null) at("samples").value = state.board.samples;
  show();
  // What the board thinks changes with what it learns, on another page too.
  const isNew = before !== null && (before.tally.samples !== state.tally.samples || before.weights.stale !== state.weights.stale);
  if (isNew && !ink.isEmpty) think();
}

function lamp(on) {
  at("lamp").className = `lamp ${on ? "on" : "off"}`;
  at("board").title = on ? "What answers on this page" : "The program that speaks to the board does not answer";
}

function listen() {
  const events = new EventSource("events");
  events.onmessage = news;
  events.onerror = () => {
    lamp(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

// --- buttons

at("undo").addEventListener("click", () => ink.undo());
at("clear").addEventListener("click", () => ink.clear());
at("new").addEventListener("submit", teachNew);
at("rehearsal").addEventListener("change", async (event) => {
  await ask("rehearsal", event.target.checked ? { size: 2000, per: 4 } : { size: 0 });
  show();
});
at("digits").addEventListener("click", () => (state.plays === "digits" ? ask("stop") : ask("digits", { samples: 500 })));
at("stream-form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("stream", { samples: Number(at("samples").value) });
});
at("stop").addEventListener("click", () => ask("stop"));
at("anew").addEventListener("click", () => {
  if (confirm("Forget everything that was taught and begin anew? Save it first if you want to keep it.")) ask("anew").then(() => ink.clear());
});
at("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  if (file.size > LARGEST_FILE) say(`The file ${file.name} is too large: at most ${LARGEST_FILE >> 20} MiB are taken`);
  else if (await ask("checkpoint", null, file)) say(`The network in ${file.name} is on the board now`);
  event.target.value = "";
});
at("save").addEventListener("click", async (event) => {
  event.preventDefault();
  const answer = await fetch("checkpoint").catch(() => null);
  if (answer === null || !answer.ok) return say(answer === null ? "The program that speaks to the board does not answer" : (await answer.json()).error);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = "metaplast.npz";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("input[type=text], input[type=number]");
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
  if (state !== null && Number(event.key) <= state.symbols.length) teach(Number(event.key) - 1);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  ink.show();
  drawn();
});

drawn();
listen();
