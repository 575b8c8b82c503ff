// Is this in sight: title, the first heading, its control, what has the focus? And is it safe?
() => {
  const seen = (element) => {
    const box = element?.getBoundingClientRect();
    return !element || (box.top >= 0 && box.bottom <= innerHeight && box.height > 0);
  };
  const main = document.getElementById("main");
  const heading = main.querySelector("h2, .tile strong, .row strong");
  const controls = [...main.querySelectorAll("a, button, input:not([type=hidden])")];
  const card = heading?.closest(".card, section");
  const control = controls.find((one) => card?.contains(one)) || controls[0];
  const focused = document.activeElement;
  return {
    scrolled: scrollY,
    title: seen(main.querySelector("h1")),
    heading: seen(heading),
    control: seen(control),
    focus: seen(focused),
    safe: !focused.matches(".danger"),
    // From three metres: 24 px of 1920, in proportion.
    legible: Math.min(...[...document.querySelectorAll("body *")]
      .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
      .filter((one) => one.getClientRects().length && !one.closest("svg"))
      .map((one) => parseFloat(getComputedStyle(one).fontSize))) >= innerWidth / 80,
    sideways: document.documentElement.scrollWidth - innerWidth,
  };
}
