// What is printed: above each sheet whose it is, which dates and which filters. Browsers that know no
// boxes in a page's margin show it once, below the title.

/** Text as the style sheet's `content` takes it: everything but letters and digits escaped. */
function cssText(text) {
  return `"${[...text].map((char) => (/[\p{L}\p{Nd} ]/u.test(char) ? char : `\\${char.codePointAt(0).toString(16)} `)).join("")}"`;
}

class PrintedSheets {
  constructor(title) {
    this.title = title;
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets.push(this.sheet);
  }

  /** Name the dates and filters of what is printed. */
  say(text) {
    document.getElementById("printed").textContent = text;
    const whole = `${this.title} · ${text}`;
    const cut = whole.length > 220 ? `${whole.slice(0, 220)}…` : whole;
    this.sheet.replaceSync(`@page { @top-left { content: ${cssText(cut)}; }`
      + ` @bottom-right { content: "Page " counter(page) " of " counter(pages); } }`);
  }
}
