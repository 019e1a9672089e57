// What is going on inside: numbers, the last answers, the levels of the hidden weights.

const at = (name) => document.getElementById(name);
const whole = new Intl.NumberFormat("en");
export const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)}%`);
const rate = (value) => (value === null ? "–" : whole.format(value < 10 ? Number(value.toFixed(1)) : Math.round(value)));

export function showFigures(state) {
  const { tally, weights, board } = state;
  at("accuracy").textContent = percent(tally.accuracy);
  at("lately").textContent = tally.samples ? `of ${whole.format(tally.samples)} samples; ${percent(tally.lately)} of the last 20` : "no samples yet";
  at("known").textContent = state.symbols.length;
  at("room").textContent = `room for ${state.room}`;
  at("flips").textContent = whole.format(weights.flips);
  at("flipped").textContent = weights.stale ? "looking…" : `${whole.format(weights.flipped)} at the last look`;
  at("rate").textContent = rate(tally.rate);
  at("title").textContent = board.title;
  at("what").textContent = board.what;
  at("clock").textContent = board.clock === null ? "none" : `${(board.clock / 1e6).toFixed(1)} MHz`;
  at("layers").textContent = `network ${state.layers.join("-")}`;
  showLast(tally.last);
  showLevels(weights.levels);
}

function showLast(last) {
  const place = at("last");
  const right = [...last].filter((answer) => answer === "1").length;
  place.setAttribute("aria-label", last ? `${right} of the last ${last.length} samples were right` : "No samples yet");
  place.replaceChildren(
    ...[...last].map((answer) => {
      const dot = document.createElement("i");
      if (answer !== "1") dot.className = "wrong";
      return dot;
    }),
  );
}

// A bar for each doubling of the level, its height the logarithm of how many weights are there.
const LEVELS = ["0", "1", "2–3", "4–7", "8–15", "16–31", "32–63", "64–127"];

function showLevels(layers) {
  const [width, height, foot, head] = [270, 92, 16, 20];
  at("levels").replaceChildren(
    ...layers.map((bars, layer) => {
      const total = bars.reduce((sum, count) => sum + count, 0);
      const share = (count) => (count ? Math.max(0.03, Math.log10(count + 1) / Math.log10(total + 1)) : 0);
      const step = width / bars.length;
      const drawn = bars.map((count, i) => {
        const tall = share(count) * (height - foot - head);
        const label = `<text x="${(i + 0.5) * step}" y="${height - 2}" text-anchor="middle">${LEVELS[i].split("–")[0]}</text>`;
        return `<rect x="${i * step + 2}" y="${height - foot - tall}" width="${step - 4}" height="${tall}" rx="2"/>${label}`;
      });
      const title = `layer ${layer + 1}: ${whole.format(total)} weights`;
      const says = bars.map((count, i) => `level ${LEVELS[i]} ${whole.format(count)}`).join(", ");
      const held = document.createElement("div");
      held.innerHTML =
        `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}: ${says}">` +
        `<text x="0" y="11">${title}</text>${drawn.join("")}</svg>`;
      return held.firstChild;
    }),
  );
}
