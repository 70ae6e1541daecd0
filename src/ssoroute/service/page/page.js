// The page: asks the service and shows what it says. Everything it shows is set as text, never as
// HTML. What is asked lives in the fragment of the address, which a browser sends to no server.
"use strict";

const $ = (id) => document.getElementById(id);
const SYSTEMS = ["macOS@12.0", "macOS@13.0", "macOS@14.0", "macOS@15.4", "macOS@26.0", "macOS@27.2",
  "iOS@13.0", "iOS@15.0", "iOS@17.0", "iOS@18.0", "iOS@27.0"];
const OWN = "The service's own profiles are used. Drop profiles or a sysdiagnose (.tar.gz) here to use those instead.";
const SHADOWED = "SSO404"; // the code of a finding: earlier payloads get every request of this rule
let uploads = null; // profiles that were dropped: [{name, base64}], or null for the service's own
let sysdiagnose = null; // the name that the service gave to the sysdiagnose that was dropped
let last = null; // the explanation that is shown

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fill(list, items, none) {
  list.replaceChildren(...(items.length ? items : [element("li", none)]));
}

function post(path, body) {
  return send(path, JSON.stringify(body), "application/json");
}

async function send(path, body, type) {
  const answer = await fetch(path, {method: "POST", headers: {"content-type": type}, body});
  const value = await answer.json();
  if (!answer.ok) throw new Error((value.problems || [value.detail]).join("\n"));
  return value;
}

function request() {
  return {
    url: $("url").value.trim(),
    caller: $("caller").value.trim() || null,
    response_code: $("challenge").checked ? 401 : 0,
    screen_locked: $("locked").checked,
    spelling: $("app").checked ? "app" : "browser",
  };
}

function settings(os) {
  const members = {};
  if (uploads) members.profiles = uploads;
  if (sysdiagnose) members.sysdiagnose = sysdiagnose;
  if ($("user").value) members.user = $("user").value;
  if (os || $("os").value.trim()) members.os = os || $("os").value.trim();
  return members;
}

function saveState() {
  const state = new URLSearchParams();
  for (const id of ["url", "caller", "os"]) if ($(id).value.trim()) state.set(id, $(id).value.trim());
  for (const id of ["locked", "challenge", "app"]) if ($(id).checked) state.set(id, "1");
  history.replaceState(null, "", "#" + state.toString());
}

function readState() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const id of ["url", "caller", "os"]) $(id).value = state.get(id) || "";
  for (const id of ["locked", "challenge", "app"]) $(id).checked = state.has(id);
}

function say(problem) {
  $("problem").hidden = !problem;
  $("problem").textContent = problem || "";
}

const name = (extension) =>
  extension ? extension.bundle_id + (extension.team_id ? ` (${extension.team_id})` : "") : "no extension";
const place = (source) => (source ? `${source.file}: ${source.path}` : "");

function sentence(decision) {
  if (decision.outcome === "handle") return `${name(decision.extension)} gets the request`;
  if (decision.outcome === "cancel") return "the request ends with an error";
  return decision.extension ? `${name(decision.extension)} does not get the request` : "no extension gets the request";
}

async function ask() {
  if (!$("url").value.trim()) return;
  saveState();
  try {
    last = await post("/v1/explain", {request: request(), ...settings()});
    say("");
    showAnswer(last);
  } catch (error) {
    $("answer").hidden = true;
    say(error.message);
  }
}

function showAnswer(found) {
  const decision = found.decision;
  const box = $("outcome");
  box.className = decision.outcome;
  box.replaceChildren(
    element("strong", `${decision.outcome} (${decision.reason})`),
    element("div", sentence(decision)),
  );
  if (decision.rule) {
    box.append(element("div", `by ${decision.rule.text}`));
    box.append(element("div", place(decision.rule.source), "place"));
  }
  if (found.request.url !== decision.url) box.append(element("div", `routed as ${found.request.url}`));
  if (decision.lookalike) {
    box.append(element("div", "look-alike: the host continues past the prefix, so this may be a different site", "warning"));
  }
  if (decision.notes.some((note) => note.code === "order_dependent")) {
    box.append(element("div", "the answer depends on the order of installation", "warning"));
  }
  box.append(element("div", `on ${found.device.platform} ${found.device.version}, matching ${found.device.matching}`, "place"));
  fill($("steps"), found.steps.map((step) => {
    const decides = step.verdict === "selected";
    const row = element("li", undefined, decides ? "decides" : step.verdict === "inactive" ? "rest" : "");
    if (decides) row.setAttribute("aria-current", "step");
    const who = step.extension ? `${name(step.extension)}, ${step.type}` : "the system's own extension";
    row.append(element("div", `${step.verdict.replaceAll("_", " ")}: ${who}`));
    row.append(element("div", (step.rule ? `${step.rule.text}: ` : "") + step.text));
    row.append(element("span", `[${step.authority}] ${place(step.source)}`, "place"));
    return row;
  }), "no payload is installed");
  fill($("questions"), found.questions.map((asked) =>
    element("li", `${asked.question} ${asked.answer} [${asked.authority}]`, asked.answer === "yes" ? "decides" : "")),
  "nothing was selected, so nothing is asked");
  fill($("notes"), decision.notes.map((note) => element("li", `${note.text} [${note.authority}]`)), "none");
  fill($("changes"), found.changes.map((change) => {
    const row = element("li");
    const button = element("button", change.text);
    button.type = "button";
    button.addEventListener("click", () => apply(change.request));
    row.append(button, ` ${change.decision.outcome} (${change.decision.reason}): ${sentence(change.decision)}`);
    return row;
  }), "nothing that was tried");
  const facts = [...(found.device_facts || []), ...(found.log_facts || [])];
  $("facts-part").hidden = !facts.length;
  $("facts").replaceChildren(...facts.map((fact) => {
    const row = element("li", fact.text);
    row.append(" ", element("span", place(fact.source), "place"));
    return row;
  }));
  const after = found.afterwards;
  $("afterwards").textContent = after ? `${after.statement.replaceAll("_", " ")}: ${after.text}${after.authority ? ` [${after.authority}]` : ""}` : "nothing is known";
  $("versions-table").hidden = true;
  $("clients-table").hidden = true;
  $("answer").hidden = false;
}

function apply(asked) {
  $("url").value = asked.url;
  $("caller").value = asked.caller || "";
  $("locked").checked = asked.screen_locked;
  $("challenge").checked = asked.response_code === 401;
  ask();
}

async function compareClients() {
  const asked = {url: $("url").value.trim(), screen_locked: $("locked").checked, ...settings()};
  if ($("caller").value.trim()) asked.app = $("caller").value.trim();
  const found = await post("/v1/clients", asked);
  const rows = found.clients.flatMap((client) => client.handovers
    .filter((one) => one.kind !== "question")
    .map((one) => {
      const decision = one.decision;
      if (!decision) return [client.title, "", "not asked", "", one.text];
      const code = String(one.request.response_code);
      return [client.title, code, decision.outcome, name(decision.extension), decision.reason];
    }));
  showTable($("clients-table"), ["client", "code", "outcome", "extension", "why"], rows);
  $("clients-table").hidden = false;
}

async function listExperiments() {
  const answer = await fetch("/v1/experiments");
  const found = (await answer.json()).experiments;
  const choose = $("experiment");
  choose.replaceChildren(element("option", "choose one"), ...found.map((one) => {
    const option = element("option", one.title);
    option.value = one.name;
    return option;
  }));
  choose.addEventListener("change", () => {
    const one = found.find((item) => item.name === choose.value);
    const list = (title, items) => {
      const rows = element("ul");
      fill(rows, items.map((item) => element("li", item)), "nothing");
      return [element("h3", title), rows];
    };
    $("experiment-steps").replaceChildren(...(one ? [
      ...list("It needs", one.needs), ...list("Steps", one.steps), ...list("Look for", one.look_for),
      element("p", `The profiles: ssoroute experiment ${one.name}`, "place"),
    ] : []));
  });
}

async function compareVersions() {
  const table = $("versions-table");
  const rows = await Promise.all(SYSTEMS.map(async (os) => {
    const found = await post("/v1/explain", {request: request(), ...settings(os)});
    return [os.replace("@", " "), found.decision.outcome, found.decision.reason, name(found.decision.extension)];
  }));
  showTable(table, ["device", "outcome", "reason", "extension"], rows);
  table.hidden = false;
}

function showTable(table, head, rows) {
  const line = (cells, tag) => {
    const row = element("tr");
    row.append(...cells.map((cell) => element(tag, cell)));
    return row;
  };
  table.replaceChildren(line(head, "th"), ...rows.map((cells) => line(cells, "td")));
}

async function look() {
  try {
    showDevice(await post("/v1/look", settings()));
  } catch (error) {
    say(error.message);
  }
}

function showDevice(found) {
  const rows = found.active.flatMap((payload) =>
    (payload.prefixes || payload.hosts).map((rule) =>
      [rule.text, payload.type === "Redirect" ? "when loaded" : "after a challenge", name(payload.extension)]));
  showTable($("map"), ["URL prefix or host", "asked", "extension"], rows);
  const said = [];
  const shadowed = found.findings.filter((finding) => finding.code === SHADOWED);
  found.active.forEach((payload) => {
    const row = element("li", `active: ${name(payload.extension)}, ${payload.type}, ${place(payload.source)}`);
    const {file, path} = payload.source;
    shadowed.filter((one) => one.file === file && one.path.startsWith(path + ".")).forEach((one) => {
      row.append(element("div", `shadowed: ${one.value}: ${one.message}`, "warning"));
    });
    said.push(row);
  });
  found.inactive.forEach((item) => {
    const what = item.prefix ? `${item.prefix.text} of ` : "";
    said.push(element("li", `inactive: ${what}${name(item.extension)}: ${item.text}`, "rest"));
  });
  found.refused.forEach((refusal) => {
    refusal.problems.forEach((problem) => said.push(element("li", `refused: ${problem.message}`, "error")));
  });
  found.replaced.forEach((one) => {
    said.push(element("li", `replaced: ${one.old.source.file} by ${one.new.source.file}`, "rest"));
  });
  fill($("payloads"), said, "no payload is installed");
  fill($("findings"), found.findings.map((finding) => {
    const where = `${finding.file}${finding.line ? `:${finding.line}` : ""} ${finding.path}`;
    const row = element("li", `${finding.severity} ${finding.code}: ${finding.message}`, finding.severity === "error" ? "error" : "");
    if (finding.hint) row.append(element("div", finding.hint));
    row.append(element("div", where, "place"));
    return row;
  }), "nothing found");
}

function base64(buffer) {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

const isArchive = (file) => /\.(tar|tgz|tar\.gz)$/i.test(file.name);

async function take(files) {
  const taken = [...files];
  if (!taken.length) return;
  const profiles = taken.filter((file) => !isArchive(file));
  const archive = taken.find(isArchive);
  say("");
  forget();
  if (archive) {
    $("profiles-text").textContent = `Reading ${archive.name} …`;
    try {
      showSysdiagnose(await send("/v1/sysdiagnose", archive, "application/gzip"));
    } catch (error) {
      $("profiles-text").textContent = OWN;
      say(error.message);
      return;
    }
  }
  if (profiles.length) {
    uploads = await Promise.all(profiles.map(async (file) => ({name: file.name, base64: base64(await file.arrayBuffer())})));
  }
  $("profiles-text").textContent = `In use: ${taken.map((file) => file.name).join(", ")}`;
  $("own").hidden = false;
  await look();
  await ask();
}

function showSysdiagnose(found) {
  sysdiagnose = found.sysdiagnose;
  $("user").replaceChildren(...found.users.map((user) => element("option", user)));
  $("user-label").hidden = found.users.length < 2;
  const said = [
    ...found.contradictions.map((one) => element("li", one.text)),
    ...Object.entries(found.missing).map(([what, then]) => element("li", `missing: ${what}: ${then}`)),
  ];
  $("missing").replaceChildren(...said);
  $("missing").hidden = !said.length;
}

function forget() {
  uploads = sysdiagnose = null;
  $("user").replaceChildren();
  for (const id of ["own", "user-label", "missing"]) $(id).hidden = true;
  $("profiles-text").textContent = OWN;
}

function markdown() {
  const decision = last.decision;
  const lines = [`**${decision.outcome}** (${decision.reason}): ${sentence(decision)}`, "", `* URL: \`${decision.url}\``];
  if (last.request.caller) lines.push(`* Caller: \`${last.request.caller}\``);
  lines.push(`* Device: ${last.device.platform} ${last.device.version}`);
  if (decision.rule) lines.push(`* Rule: \`${decision.rule.text}\` (${place(decision.rule.source)})`);
  if (decision.lookalike) lines.push("* Look-alike: the host continues past the prefix");
  decision.notes.forEach((note) => lines.push(`* Note: ${note.text} (${note.authority})`));
  lines.push("", "| step | extension | why |", "|---|---|---|");
  last.steps.forEach((step) => lines.push(`| ${step.verdict} | ${name(step.extension)} | ${step.text.replaceAll("|", "\\|")} |`));
  return lines.join("\n");
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    $("copied").textContent = done;
  } catch {
    $("copied").textContent = "the browser does not allow copying";
  }
}

$("ask").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
$("os").addEventListener("change", () => { look(); ask(); });
for (const id of ["locked", "challenge", "app"]) $(id).addEventListener("change", ask);
$("user").addEventListener("change", () => { look(); ask(); });
$("files").addEventListener("change", () => take($("files").files));
$("own").addEventListener("click", () => {
  forget();
  look();
  ask();
});
$("versions").addEventListener("click", () => compareVersions().catch((error) => say(error.message)));
$("clients").addEventListener("click", () => compareClients().catch((error) => say(error.message)));
$("markdown").addEventListener("click", () => copy(markdown(), "copied"));
$("link").addEventListener("click", () => copy(location.href, "copied"));
for (const type of ["dragover", "dragenter"]) {
  document.addEventListener(type, (event) => { event.preventDefault(); $("drop").classList.add("over"); });
}
document.addEventListener("dragleave", () => $("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  take(event.dataTransfer.files);
});
window.addEventListener("hashchange", () => { readState(); ask(); });
readState();
look();
ask();
listExperiments();
