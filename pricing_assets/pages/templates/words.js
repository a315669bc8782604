// The page's words: each phrase stands in the scripts in English, as t`… ${value} …`; `words.json` has it in
// other languages. The address says which language (`lang=zh`), else the browser does; the operator's page is
// in English.

document.documentElement.classList.remove("no-script");

const LANGUAGE = (() => {
  if (document.body.dataset.page !== "organization") return "en";
  const asked = new URLSearchParams(location.hash.slice(1)).get("lang") ?? navigator.language;
  return asked.startsWith("zh") ? "zh" : "en";
})();

/** A phrase with its values, or a text of the page's data; in English where it has no other words. */
function t(parts, ...values) {
  const phrase = typeof parts === "string" ? parts : parts.join("{}");
  const said = (LANGUAGE === "en" ? undefined : GIVEN.words[phrase]) ?? phrase;
  return said.split("{}").reduce((text, part, place) => text + values[place - 1] + part);
}

/** Say what stands in the page's own text in its language. */
function translatePage() {
  if (LANGUAGE === "en") return;
  document.documentElement.lang = "zh";
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (node) => (
    node.parentElement.closest("script, h1, .printed") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const plain = node.data.trim();
    if (plain && GIVEN.words[plain]) node.data = node.data.replace(plain, GIVEN.words[plain]);
  }
  for (const one of document.querySelectorAll("[aria-label]")) one.setAttribute("aria-label", t(one.getAttribute("aria-label")));
}
