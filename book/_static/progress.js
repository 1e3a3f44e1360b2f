// What a reader has done: the quiz at the end of a chapter, the exercises, and the map that shows both. It is kept in
// this browser only. Without this script the quiz is a row of plain folds, and nothing else of it is seen.

(() => {
  const KEY = "attention-measured";
  const VERSION = 1;
  const CHAPTER = /^\d\d-[a-z0-9-]+$/;

  const WORDS = {
    en: {
      yes: "Yes.", // how the explanation of the right answer begins
      quiz: (right, all) => `Quiz: ${right} of ${all} right at the first try`,
      open: (n) => `; ${n} not answered yet.`,
      rule: "The first answer that you open counts.",
      again: "Start again",
      done: "done",
      exercises: (done, all) => `${done} of ${all} exercises`,
      quizOnMap: (right, all) => `quiz ${right} of ${all}`,
      notBegun: (exercises, questions) => `${exercises} exercises` + (questions ? `, ${questions} quiz questions` : ""),
      title: "Your progress",
      where: "It is kept in this browser and sent nowhere. Export it to a file to take it elsewhere.",
      export: "Export",
      import: "Import",
      clear: "Clear",
      exported: (name) => `Exported as ${name}.`,
      imported: (n) => `Imported: ${n} new entries. What was here before has stayed.`,
      refused: (why) =>
        `Not imported: ${why}. Expected was a file that Export has made: JSON with "course": "${KEY}", ` +
        `"version": ${VERSION} and "chapters". Your progress is as it was.`,
      notJson: "the file is not JSON",
      notOurs: "the file is not from this course",
      otherVersion: (version) => `the file has version ${version}`,
      badChapters: "its chapters cannot be read",
      ask: "Clear all progress kept in this browser? Exported files stay.",
      cleared: "Cleared.",
      denied: "Your browser does not let this page keep anything: your progress is lost when you leave the page.",
      unreadable:
        "The progress that this browser has kept cannot be read by this page. It is left as it is, and what you do " +
        "here is lost when you leave the page. Clear, below the map of the course, starts anew.",
    },
  };
  const words = WORDS[document.documentElement.lang.split("-")[0]] ?? WORDS.en;

  function make(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "role" || name.startsWith("aria-")) element.setAttribute(name, value);
      else element[name] = value;
    }
    element.append(...children);
    return element;
  }

  // What is kept: { chapters: { slug: { exercises: [numbers done], quiz: { number: right at the first try } } } }. ----

  let trouble = null; // "denied" or "unreadable": progress then lasts as long as the page
  let memory = { chapters: {} };

  const isObject = (x) => typeof x === "object" && x !== null && !Array.isArray(x);
  const isNumber = (x) => Number.isInteger(x) && x > 0 && x < 1000;
  const isEntry = (entry) =>
    isObject(entry) &&
    Array.isArray(entry.exercises) &&
    entry.exercises.every(isNumber) &&
    isObject(entry.quiz) &&
    Object.entries(entry.quiz).every(([n, right]) => isNumber(Number(n)) && typeof right === "boolean");

  /** Return the progress that a text holds; throw an error that says what is wrong with it. */
  function read(text) {
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      throw new Error(words.notJson);
    }
    if (data?.course !== KEY) throw new Error(words.notOurs);
    if (data.version !== VERSION) throw new Error(words.otherVersion(JSON.stringify(data.version)));
    if (!isObject(data.chapters)) throw new Error(words.badChapters);
    const known = Object.entries(data.chapters);
    if (!known.every(([slug, entry]) => CHAPTER.test(slug) && isEntry(entry))) throw new Error(words.badChapters);
    return { chapters: Object.fromEntries(known.map(([slug, { exercises, quiz }]) => [slug, { exercises, quiz }])) };
  }

  const write = (progress) => JSON.stringify({ course: KEY, version: VERSION, ...progress }, null, 1);

  function load() {
    if (trouble) return memory;
    let text;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      trouble = "denied";
      return memory;
    }
    try {
      return text === null ? { chapters: {} } : read(text);
    } catch {
      trouble = "unreadable";
      return memory;
    }
  }

  function save(progress) {
    memory = progress;
    if (trouble) return;
    try {
      localStorage.setItem(KEY, write(progress));
    } catch {
      trouble = "denied";
    }
  }

  /** Change what is kept, as it is now (another tab may have added to it), and show it. */
  function change(edit) {
    const progress = load();
    edit(progress);
    save(progress);
    show();
  }

  const entryOf = (progress, slug) => (progress.chapters[slug] ??= { exercises: [], quiz: {} });

  function clear() {
    try {
      localStorage.removeItem(KEY);
      if (trouble === "unreadable") trouble = null;
    } catch {
      trouble = "denied";
    }
    memory = { chapters: {} };
    show();
  }

  /** Add a file's progress to what there is; an answer that is there already stays. Return how much was new. */
  function merge(progress, other) {
    let added = 0;
    for (const [slug, { exercises, quiz }] of Object.entries(other.chapters)) {
      const entry = entryOf(progress, slug);
      const fresh = [...new Set(exercises)].filter((n) => !entry.exercises.includes(n));
      entry.exercises.push(...fresh);
      added += fresh.length;
      for (const [n, right] of Object.entries(quiz)) {
        if (!(n in entry.quiz)) {
          entry.quiz[n] = right;
          added += 1;
        }
      }
    }
    return added;
  }

  // A part of the page is a function that shows the progress in it. ---------------------------------------------------

  const parts = [];
  const show = () => {
    const progress = load();
    parts.forEach((part) => part(progress));
  };

  /** A line that is empty unless nothing can be kept. */
  function notice() {
    const line = make("p", { className: "am-notice", hidden: true });
    parts.push(() => {
      line.hidden = !trouble;
      line.textContent = trouble ? words[trouble] : "";
    });
    return line;
  }

  /** A box to tick beside the heading of each exercise. */
  function addTicks(slug, headings) {
    for (const heading of headings) {
      const copy = heading.cloneNode(true);
      copy.querySelectorAll(".headerlink, annotation").forEach((e) => e.remove());
      const name = copy.textContent.trim();
      const number = parseInt(name, 10);
      const box = make("input", { type: "checkbox", "aria-label": `${words.done}: ${name}` });
      const row = make("div", { className: "am-exercise" });
      heading.replaceWith(row);
      row.append(heading, make("label", {}, box, ` ${words.done}`));
      box.addEventListener("change", () => {
        change((progress) => {
          const entry = entryOf(progress, slug);
          entry.exercises = entry.exercises.filter((n) => n !== number);
          if (box.checked) entry.exercises.push(number);
        });
      });
      parts.push(({ chapters }) => {
        box.checked = chapters[slug]?.exercises.includes(number) ?? false;
      });
    }
  }

  /** The questions of a quiz: a paragraph that begins with a bold number, and the answers that follow it. */
  function questionsOf(section) {
    const questions = [];
    for (const element of [...section.children]) {
      const bold = element.matches("p") ? element.querySelector(":scope > strong:first-child") : null;
      const number = parseInt(bold?.textContent, 10); // not a number: no question
      if (number) questions.push({ number, text: element, answers: [] });
      else if (element.matches("details.answer")) questions.at(-1)?.answers.push(element);
    }
    return questions;
  }

  function addQuiz(slug, section) {
    const questions = questionsOf(section);
    for (const { number, text, answers } of questions) {
      text.id = `quiz-${number}`;
      const group = make("div", { className: "am-question", role: "group", "aria-labelledby": text.id });
      text.replaceWith(group);
      group.append(text, ...answers);
      for (const answer of answers) {
        const right = answer.querySelector("strong")?.textContent === words.yes;
        answer.dataset.right = right;
        // a click, also by the keyboard: a fold that opens by itself, for a search or for print, is no answer
        answer.querySelector("summary").addEventListener("click", () => {
          if (answer.open) return;
          change((progress) => {
            entryOf(progress, slug).quiz[number] ??= right;
          });
        });
      }
    }
    const status = make("span", { role: "status" });
    const again = make("button", { type: "button", textContent: words.again });
    again.addEventListener("click", () => {
      questions.forEach(({ answers }) => answers.forEach((answer) => (answer.open = false)));
      change((progress) => {
        entryOf(progress, slug).quiz = {};
      });
    });
    section.querySelector("h2").after(make("p", { className: "am-quiz" }, status, again), notice());
    parts.push(({ chapters }) => {
      const first = questions.map(({ number }) => chapters[slug]?.quiz[number]);
      const open = first.filter((right) => right === undefined).length;
      const count = words.quiz(first.filter(Boolean).length, questions.length);
      const text = count + (open ? words.open(open) : ".") + (open === questions.length ? ` ${words.rule}` : "");
      if (status.textContent !== text) status.textContent = text;
    });
  }

  /** How far each chapter is, on the map, and what can be done with all of it, below. */
  function addToMap(map, totals) {
    for (const [slug, { exercises, questions }] of Object.entries(totals)) {
      // the first link of an item is its chapter; others may lead to what it needs
      const item = [...map.children].find((li) => li.querySelector("a")?.getAttribute("href").endsWith(`${slug}.html`));
      if (!item) continue;
      const line = make("p", { className: "am-progress" });
      item.append(line);
      parts.push(({ chapters }) => {
        const { exercises: done = [], quiz = {} } = chapters[slug] ?? {};
        const right = Object.keys(quiz).filter((n) => n <= questions && quiz[n]).length;
        const counts = [words.exercises(done.filter((n) => n <= exercises).length, exercises)];
        if (questions) counts.push(words.quizOnMap(right, questions));
        const begun = done.length || Object.keys(quiz).length;
        line.textContent = begun ? counts.join(", ") : words.notBegun(exercises, questions);
      });
    }

    const status = make("p", { role: "status" });
    const button = (name, press) => {
      const made = make("button", { type: "button", textContent: words[name] });
      made.addEventListener("click", press);
      return made;
    };
    const file = make("input", { type: "file", accept: ".json,application/json", hidden: true });
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (!chosen) return;
      try {
        const other = read(await chosen.text());
        let added;
        change((progress) => (added = merge(progress, other)));
        status.textContent = words.imported(added);
      } catch (error) {
        status.textContent = words.refused(error.message);
      }
      file.value = ""; // so that the same file can be chosen again
    });
    map.after(
      make(
        "div",
        { className: "am-kept", role: "group", "aria-label": words.title },
        make("p", {}, make("strong", { textContent: `${words.title}. ` }), words.where),
        make(
          "p",
          {},
          button("export", () => {
            const url = URL.createObjectURL(new Blob([write(load())], { type: "application/json" }));
            const name = `${KEY}-progress.json`;
            make("a", { href: url, download: name }).click();
            setTimeout(() => URL.revokeObjectURL(url), 10_000);
            status.textContent = words.exported(name);
          }),
          button("import", () => file.click()),
          button("clear", () => {
            if (!confirm(words.ask)) return;
            clear();
            status.textContent = words.cleared;
          }),
          file,
        ),
        status,
        notice(),
      ),
    );
  }

  // ------------------------------------------------------------------------------------------------------------------

  const totals = document.getElementById("am-chapters");
  const map = document.querySelector(".am-map");
  if (map && totals) addToMap(map, JSON.parse(totals.textContent));

  const slug = location.pathname.split("/").at(-1).replace(/\.html$/, "");
  if (CHAPTER.test(slug)) {
    const headings = [...document.querySelectorAll(".bd-article h4")].filter((h) => /^\s*\d+\./.test(h.textContent));
    headings[0]?.closest("section:has(> h2)")?.querySelector("h2").after(notice());
    addTicks(slug, headings);
    const quiz = document.querySelector(".bd-article details.answer")?.closest("section");
    if (quiz) addQuiz(slug, quiz);
  }

  show();
  addEventListener("storage", (event) => event.key === KEY && show());
  addEventListener("pageshow", (event) => event.persisted && show());
})();
