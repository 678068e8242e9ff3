// Sends requests from the reference and filters its list. The page can be read without it.

const TOKEN = "mainstay-session";

const token = document.getElementById("token");
token.value = sessionStorage.getItem(TOKEN) ?? "";
token.addEventListener("input", () => sessionStorage.setItem(TOKEN, token.value));

for (const form of document.querySelectorAll("form.try, form#identity")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.classList.contains("try")) send(form);
  });
}

async function send(form) {
  const { method, path } = form.closest("article").dataset;
  const button = form.querySelector("button");
  const output = form.querySelector("output");
  button.disabled = true;
  output.replaceChildren("…");
  try {
    const started = performance.now();
    const answer = await fetch(address(form, path), request(form, method));
    const milliseconds = Math.round(performance.now() - started);
    remember(answer);
    show(output, answer, await answer.text(), milliseconds);
  } catch (error) {
    output.replaceChildren(`Nothing came back: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

function address(form, path) {
  const query = new URLSearchParams();
  let filled = path;
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.dataset.in === "path") filled = filled.replace(`{${input.name}}`, encodeURIComponent(input.value));
    if (input.dataset.in === "query" && input.value !== "") query.set(input.name, input.value);
  }
  const text = query.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

function request(form, method) {
  const headers = {};
  if (token.value !== "") headers.authorization = `Bearer ${token.value}`;
  for (const input of form.querySelectorAll('input[data-in="header"]')) {
    if (input.value !== "") headers[input.name] = input.value;
  }
  const file = form.querySelector("input[type=file]");
  if (file !== null) {
    const body = new FormData();
    for (const one of file.files) body.append("file", one);
    return { method, headers, body, redirect: "follow" };
  }
  const body = form.querySelector("textarea[name=body]");
  if (body !== null) headers["content-type"] = "application/json";
  return { method, headers, body: body?.value, redirect: "follow" };
}

// A login, and a visitor's first request, answer with the token of their session.
function remember(answer) {
  const issued = answer.headers.get(TOKEN);
  if (issued !== null) {
    token.value = issued;
    sessionStorage.setItem(TOKEN, issued);
  }
}

function show(output, answer, text, milliseconds) {
  const status = document.createElement("span");
  status.className = `status s${String(answer.status)[0]}`;
  status.textContent = String(answer.status);
  const head = document.createElement("p");
  head.append(status, ` in ${milliseconds} ms`);
  const location = answer.headers.get("location");
  if (location !== null) head.append(`, at ${location}`);
  const body = document.createElement("pre");
  body.tabIndex = 0;
  body.textContent = readable(text);
  output.replaceChildren(head, ...(text === "" ? [] : [body]));
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const find = document.getElementById("find");
find.parentElement.hidden = false;
find.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  for (const item of document.querySelectorAll("aside li")) {
    const operation = document.getElementById(item.querySelector("a").hash.slice(1));
    const words = `${item.textContent} ${operation.dataset.path}`.toLowerCase();
    item.hidden = !words.includes(wanted);
    operation.hidden = item.hidden;
  }
  for (const group of document.querySelectorAll("section.group")) {
    group.hidden = group.querySelector("article:not([hidden])") === null;
  }
});

// On a narrow window the list stands above the page, and would hide it.
if (matchMedia("(max-width: 60rem)").matches) document.querySelector("details.menu").open = false;

// What has been shown and folded moved the operation that the address names.
if (location.hash !== "") document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
