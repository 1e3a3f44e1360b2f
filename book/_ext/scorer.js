// How the search weighs a result: as the theme does, but the page that the typed words belong to comes first.
// eslint-disable-next-line no-var -- the search asks for it by this name
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score([page, , anchor, , score]) {
    const typed = ` ${(new URLSearchParams(location.search).get("q") ?? "").toLowerCase().replace(/[\s,?]+/g, " ")} `;
    const found = Object.keys(PAGE_OF_PHRASE).filter((phrase) => typed.includes(` ${phrase} `));
    const longest = Math.max(0, ...found.map((phrase) => phrase.length));
    const isHome = found.some((phrase) => phrase.length === longest && PAGE_OF_PHRASE[phrase] === page);
    // a heading of the list of checks is seldom what a learner wants to read
    return (isHome && !anchor ? 100 : 0) + (page === "book/checks" ? score / 4 : score);
  },
};
