// The study's page. A choice is written down in the browser before it is sent, and forgotten only when the server has it.
"use strict";

const RETRY_MS = 1000;
const WIDEST = 5; // pictures in a row; on a phone there are two
const at = (id) => document.getElementById(id);
const keep = (name, value) => value === null
  ? localStorage.removeItem(`${study.study}-${name}`)
  : localStorage.setItem(`${study.study}-${name}`, value);
const kept = (name) => localStorage.getItem(`${study.study}-${name}`);

let study, voter, answered, place, busy = true;

async function ask(path, body) {
  const how = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  for (;;) {
    try {
      const answer = await fetch(path, how);
      if (answer.status < 500) {
        at("trouble").hidden = true;
        return answer.ok ? await answer.json() : null;
      }
    } catch { /* the server is away: the same as a failure on its side */ }
    await wait("The server does not answer. Your choices are safe; trying again ...");
  }
}

async function wait(why) {
  at("trouble").textContent = why;
  at("trouble").hidden = false;
  await new Promise((done) => setTimeout(done, RETRY_MS));
}

async function open() {
  study = await ask("api/study");
  at("questions").textContent = study.questions;
  voter = kept("voter");
  await sendPending();
  const state = voter && await ask(`api/voters/${voter}`);
  if (!state) return show("welcome");
  answered = state.answered;
  return next();
}

async function start() {
  const { voter: name } = await ask("api/voters", {});
  voter = name;
  keep("voter", voter);
  answered = {};
  return next();
}

// False if the server does not know this person: the study is another one now.
async function sendPending() {
  const pending = kept("pending");
  if (pending === null) return true;
  const state = await ask("api/votes", JSON.parse(pending));
  keep("pending", null);
  if (state) answered = state.answered;
  return state !== null;
}

function next() {
  for (let first = 0; first < study.questions; first++) {
    if (!(first in answered)) return showQuestion(first);
  }
  return show("thanks");
}

async function choose(choice) {
  if (busy || choice >= study.choices) return;
  busy = true;
  setDisabled(true);
  mark(choice);
  keep("pending", JSON.stringify({ voter, place, choice }));
  if (!await sendPending()) return show("welcome");
  const after = place + 1;
  if (after < study.questions && after in answered) await showQuestion(after);
  else await next();
}

function goBack() {
  const last = at("question").hidden ? study.questions : place;
  if (!at("welcome").hidden || last === 0 || (busy && at("thanks").hidden)) return;
  showQuestion(last - 1);
}

async function showQuestion(number) {
  busy = true;
  place = number;
  show("question");
  at("back").disabled = number === 0;
  mark(answered[number]);
  const pictures = [[at("source"), "source"], [at("pose"), "pose"],
    ...[...at("choices").querySelectorAll("img")].map((img, index) => [img, String(index)])];
  setDisabled(true);
  await Promise.all(pictures.map(([img, name]) => load(img, address(number, name))));
  setDisabled(false);
  busy = false;
  if (number + 1 < study.questions) pictures.forEach(([, name]) => { new Image().src = address(number + 1, name); });
}

async function load(img, url) {
  for (let attempt = 0; ; attempt++) {
    img.src = attempt ? `${url}?again=${attempt}` : url;
    try {
      await img.decode();
      at("trouble").hidden = true;
      return;
    } catch {
      await wait("A picture could not be loaded. Trying again ...");
    }
  }
}

function address(number, name) {
  return `pictures/${voter}/${number}/${name}`;
}

function show(section) {
  for (const id of ["welcome", "question", "thanks"]) at(id).hidden = id !== section;
  const done = Object.keys(answered ?? {}).length;
  at("progress").max = study.questions;
  at("progress").value = done;
  at("count").textContent = section === "question" ? `${place + 1} / ${study.questions}` : `${done} of ${study.questions}`;
  if (section === "question" && !at("choices").children.length) makeChoices();
  busy = section === "question";
}

function makeChoices() {
  const rows = Math.ceil(study.choices / WIDEST);
  at("choices").style.setProperty("--columns", Math.ceil(study.choices / rows));
  for (let number = 0; number < study.choices; number++) {
    const button = document.createElement("button");
    const img = document.createElement("img");
    button.type = "button";
    img.alt = `Result ${number + 1}`;
    button.append(img, String(number + 1));
    button.addEventListener("click", () => choose(number));
    at("choices").append(button);
  }
}

function mark(choice) {
  [...at("choices").children].forEach((button, index) => button.classList.toggle("chosen", index === choice));
}

function setDisabled(value) {
  [...at("choices").children].forEach((button) => { button.disabled = value; });
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^[1-9]$/.test(event.key) && !at("question").hidden) choose(Number(event.key) - 1);
  else if (event.key === "Backspace" && study) goBack();
  else return;
  event.preventDefault();
});
at("start").addEventListener("click", () => { if (!at("welcome").hidden) { at("welcome").hidden = true; start(); } });
at("back").addEventListener("click", goBack);
at("review").addEventListener("click", goBack);
at("another").addEventListener("click", () => { keep("voter", null); answered = {}; voter = null; show("welcome"); });
window.addEventListener("unhandledrejection", (event) => {
  at("trouble").textContent = `This page does not work here (${event.reason}). Allow it to store data, or use another browser.`;
  at("trouble").hidden = false;
});
open();
