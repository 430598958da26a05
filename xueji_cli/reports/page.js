// The list of findings: filters, pages and the address (#rule=ID03&severity=error). Plain ES5, for the old browsers of schools.
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var words = data.words, total = data.code.length;
  var PAGE = 100, PRINTED = 2000;
  var state = {}, matches = [], page = 0;
  var keys = ["severity", "rule", "school", "class", "file", "text"];

  function $(id) { return document.getElementById(id); }
  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }
  function number(value) { return String(value).replace(/\B(?=(\d{3})+$)/g, ","); }
  // Text only ever enters the page as text, never as markup.
  function element(name, text, className) {
    var made = document.createElement(name);
    if (text !== undefined && text !== null) { made.textContent = text; }
    if (className) { made.className = className; }
    return made;
  }

  function readAddress() {
    var parts = location.hash.replace(/^#/, "").split("&");
    state = {};
    for (var i = 0; i < parts.length; i++) {
      var at = parts[i].indexOf("=");
      var key = parts[i].slice(0, at);
      if (at > 0 && keys.indexOf(key) >= 0) {
        try { state[key] = decodeURIComponent(parts[i].slice(at + 1)); } catch (error) { /* a broken address filters nothing */ }
      }
    }
  }
  function writeAddress() {
    var parts = [];
    keys.forEach(function (key) { if (state[key]) { parts.push(key + "=" + encodeURIComponent(state[key])); } });
    var hash = "#" + parts.join("&");
    if (history.replaceState) { history.replaceState(null, "", hash); } else { location.hash = hash; }
  }

  function options(select, values, names) {
    select.appendChild(new Option(words.all, ""));
    values.forEach(function (value, index) { select.appendChild(new Option(names ? names[index] : value, value)); });
  }

  function filter() {
    var rule = state.rule ? data.rules.map(function (each) { return each.code; }).indexOf(state.rule) : -1;
    var school = state.school ? data.schools.indexOf(state.school) : -1;
    var classes = {};
    data.classes.forEach(function (name, index) { if (name === state["class"]) { classes[index] = true; } });
    var file = state.file ? data.files.indexOf(state.file) : -1;
    var severity = state.severity ? data.severities.indexOf(state.severity) : -1;
    var text = (state.text || "").toLowerCase();
    matches = [];
    for (var i = 0; i < total; i++) {
      if (state.rule && data.code[i] !== rule) { continue; }
      if (state.severity && data.rules[data.code[i]].severity !== severity) { continue; }
      if (state.school && data.school[i] !== school) { continue; }
      if (state["class"] && !classes[data.class_name[i]]) { continue; }
      if (state.file && data.tables[data.table[i]].file !== file) { continue; }
      if (text && searched(i).indexOf(text) < 0) { continue; }
      matches.push(i);
    }
  }
  function searched(i) {
    var rule = data.rules[data.code[i]];
    return [data.message[i], data.value[i], data.cell[i], data.classes[data.class_name[i]], data.schools[data.school[i]], rule.code, rule.title,
      data.tables[data.table[i]].label, data.related[i]].join("\n").toLowerCase();
  }

  function row(i) {
    var rule = data.rules[data.code[i]], severity = data.severities[rule.severity], table = data.tables[data.table[i]];
    var made = element("tr");
    var cell = made.appendChild(element("td"));
    cell.appendChild(element("span", words[severity], "tag " + severity));
    cell = made.appendChild(element("td", null, "place"));
    cell.appendChild(element("b", data.cell[i]));
    cell.appendChild(element("span", table.label, "sub"));
    cell = made.appendChild(element("td", data.classes[data.class_name[i]] || ""));
    if (data.schools.length > 1) { cell.appendChild(element("span", data.schools[data.school[i]] || "", "sub")); }
    cell = made.appendChild(element("td"));
    cell.appendChild(element("span", rule.code, "code"));
    cell.appendChild(element("span", rule.title, "sub"));
    cell = made.appendChild(element("td", data.message[i]));
    if (data.value[i]) { cell.appendChild(element("span", words.value + " " + data.value[i], "sub")); }
    if (data.suggestion[i] >= 0) { cell.appendChild(element("span", words.suggestion + " " + data.suggestions[data.suggestion[i]], "sub")); }
    if (data.related[i]) { cell.appendChild(element("span", words.related + " " + data.related[i], "sub")); }
    return made;
  }
  function draw(first, count) {
    var body = $("rows"), fragment = document.createDocumentFragment();
    for (var n = first; n < Math.min(first + count, matches.length); n++) { fragment.appendChild(row(matches[n])); }
    body.textContent = "";
    body.appendChild(fragment);
  }
  function show() {
    var pages = Math.max(1, Math.ceil(matches.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    draw(page * PAGE, PAGE);
    $("count").textContent = fill(words.shown, { shown: number(matches.length), total: number(total) }) +
      (data.left_out ? " " + fill(words.left_out, { count: number(data.left_out) }) : "");
    $("page").textContent = fill(words.page, { page: page + 1, pages: pages });
    $("previous").disabled = page === 0;
    $("next").disabled = page >= pages - 1;
  }
  function mark() {
    ["rule", "school", "class", "file"].forEach(function (key) { $(key).value = state[key] || ""; });
    if ($("text").value !== (state.text || "")) { $("text").value = state.text || ""; }
    [].forEach.call($("severities").children, function (button) {
      button.setAttribute("aria-pressed", String((state.severity || "") === button.value));
    });
    [].forEach.call(document.querySelectorAll(".bars a"), function (link) {
      link.setAttribute("aria-current", String(location.hash.length > 1 && link.hash === location.hash));
    });
  }
  function update() { page = 0; filter(); mark(); show(); }
  function change(key, value) { state[key] = value; writeAddress(); update(); }

  options($("rule"), data.rules.map(function (rule) { return rule.code; }), data.rules.map(function (rule) { return rule.code + " " + rule.title; }));
  options($("school"), data.schools);
  options($("class"), data.classes.filter(function (name, index, all) { return all.indexOf(name) === index; }));
  options($("file"), data.files);
  [""].concat(data.severities).forEach(function (severity) {
    var button = element("button", severity ? words[severity] : words.all);
    button.type = "button";
    button.value = severity;
    button.onclick = function () { change("severity", severity); };
    $("severities").appendChild(button);
  });
  ["rule", "school", "class", "file"].forEach(function (key) {
    $(key).onchange = function () { change(key, this.value); };
    if ($(key).options.length < 3) { $(key).parentNode.hidden = true; }
  });
  var typing;
  $("text").oninput = function () {
    var value = this.value;
    clearTimeout(typing);
    typing = setTimeout(function () { change("text", value); }, 150);
  };
  $("clear").onclick = function () { state = {}; writeAddress(); update(); };
  $("previous").onclick = function () { page--; show(); };
  $("next").onclick = function () { page++; show(); };
  window.onhashchange = function () { readAddress(); update(); $("list-title").focus(); $("list").scrollIntoView(); };
  // On paper there are no pages to turn: print what the filter lets through, up to a limit that is said.
  window.onbeforeprint = function () {
    draw(0, PRINTED);
    if (matches.length > PRINTED) { $("count").textContent = fill(words.printed, { shown: number(PRINTED), total: number(matches.length) }); }
  };
  window.onafterprint = show;

  $("list").hidden = total === 0;
  readAddress();
  update();
  if (location.hash.length > 1) { $("list").scrollIntoView(); }
})();
