// Where do arrows lead from what has the focus, and is each control in sight and ringed there?
// The keys are made here and not typed: some thousand presses a page would take minutes.
() => {
  const start = document.activeElement;
  const controls = new Set();
  const faults = [];
  const look = (control) => {
    const box = control.getBoundingClientRect();
    const style = getComputedStyle(control);
    const inside = box.top >= 0 && box.left >= 0 && box.right <= innerWidth
      && (box.bottom <= innerHeight || box.height > innerHeight);
    const ring = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 3;
    if (!inside || !ring) faults.push([control.id, inside ? "no ring" : "out of sight"]);
  };
  const waiting = [start];
  look(start);
  controls.add(start.id);
  while (waiting.length) {
    const here = waiting.shift();
    for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) {
      here.focus();
      here.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      const there = document.activeElement;
      if (there === document.body || controls.has(there.id)) continue;
      look(there);
      controls.add(there.id);
      waiting.push(there);
    }
  }
  start.focus();
  scrollTo(0, 0);
  return { controls: [...controls], faults };
}
