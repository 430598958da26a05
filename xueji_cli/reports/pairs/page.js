// The list of pairs: filters, pages and the address (#verdict=review&school=…). Plain ES5, for the old browsers of schools.
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var words = data.words, total = data.pairs.length;
  var PAGE = 20, PRINTED = 300;
  var state = {}, matches = [], page = 0;
  var keys = ["verdict", "school", "guard", "text"];

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
    state = {};
    location.hash.replace(/^#/, "").split("&").forEach(function (part) {
      var at = part.indexOf("="), key = part.slice(0, at);
      if (at > 0 && keys.indexOf(key) >= 0) {
        try { state[key] = decodeURIComponent(part.slice(at + 1)); } catch (error) { /* a broken address filters nothing */ }
      }
    });
  }
  function writeAddress() {
    var parts = keys.filter(function (key) { return state[key]; }).map(function (key) { return key + "=" + encodeURIComponent(state[key]); });
    var hash = "#" + parts.join("&");
    if (history.replaceState) { history.replaceState(null, "", hash); } else { location.hash = hash; }
  }
  function options(select, values, names) {
    select.appendChild(new Option(words.all, ""));
    values.forEach(function (value, index) { select.appendChild(new Option(names ? names[index] : value, value)); });
  }
  function plain(pieces) { return pieces.map(function (piece) { return piece[0]; }).join(""); }
  function searched(pair) {
    if (!pair.searched) {
      pair.searched = [pair.cluster, pair.left, pair.right, pair.guard ? data.guards[pair.guard] : "", data.handling[pair.handling] || ""]
        .concat(pair.rows.map(function (row) { return plain(row[1]) + "\n" + plain(row[2]); })).join("\n").toLowerCase();
    }
    return pair.searched;
  }
  function filter() {
    var text = (state.text || "").toLowerCase(), school = state.school ? data.schools.indexOf(state.school) : -1;
    matches = data.pairs.filter(function (pair) {
      return (!state.verdict || pair.verdict === state.verdict) &&
        (!state.school || pair.schools.indexOf(school) >= 0) &&
        (!state.guard || pair.guard === state.guard) &&
        (!text || searched(pair).indexOf(text) >= 0);
    });
  }
  function cell(pieces) {
    var made = element("td");
    pieces.forEach(function (piece) { made.appendChild(element(piece[1] ? "mark" : "span", piece[0])); });
    return made;
  }
  function card(pair) {
    var made = element("article", null, "pair " + pair.verdict);
    var head = made.appendChild(element("div", null, "head"));
    var left = head.appendChild(element("span"));
    left.appendChild(element("span", words[pair.verdict], "tag " + pair.verdict));
    if (pair.cluster) { left.appendChild(element("b", pair.cluster)); }
    head.appendChild(element("span", fill(pair.score ? words.score : words.weight, { score: pair.score, weight: pair.weight.toFixed(1) }), "score"));
    var table = made.appendChild(element("table"));
    var places = table.appendChild(element("thead")).appendChild(element("tr"));
    places.appendChild(element("th", ""));
    places.appendChild(element("td", pair.left));
    places.appendChild(element("td", pair.right));
    var body = table.appendChild(element("tbody"));
    pair.rows.forEach(function (row) {
      var line = body.appendChild(element("tr", null, row[3] ? "differs" : ""));
      var title = line.appendChild(element("th", data.titles[row[0]]));
      title.scope = "row";
      line.appendChild(cell(row[1]));
      line.appendChild(cell(row[2]));
    });
    var reasons = made.appendChild(element("p", null, "reasons"));
    pair.reasons.forEach(function (reason) {
      var weight = reason[1], entry = reasons.appendChild(element("span", data.texts[reason[0]] + " ", weight < 0 ? "against" : "for"));
      if (weight) { entry.appendChild(element("i", (weight > 0 ? "+" : "") + weight.toFixed(1))); }
    });
    if (pair.guard) { made.appendChild(element("p", data.guards[pair.guard], "note")); }
    if (data.handling[pair.handling]) { made.appendChild(element("p", words.handling + " " + data.handling[pair.handling])); }
    return made;
  }
  function draw(first, count) {
    var fragment = document.createDocumentFragment();
    matches.slice(first, first + count).forEach(function (pair) { fragment.appendChild(card(pair)); });
    $("pairs").textContent = "";
    $("pairs").appendChild(fragment);
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
    ["school", "guard"].forEach(function (key) { $(key).value = state[key] || ""; });
    if ($("text").value !== (state.text || "")) { $("text").value = state.text || ""; }
    [].forEach.call($("verdicts").children, function (button) {
      button.setAttribute("aria-pressed", String((state.verdict || "") === button.value));
    });
  }
  function update() { page = 0; filter(); mark(); show(); }
  function change(key, value) { state[key] = value; writeAddress(); update(); }

  options($("school"), data.schools);
  options($("guard"), Object.keys(data.guards), Object.keys(data.guards).map(function (name) { return data.guard_names[name]; }));
  [""].concat(data.verdicts).forEach(function (verdict) {
    var button = element("button", verdict ? words[verdict] : words.all);
    button.type = "button";
    button.value = verdict;
    button.onclick = function () { change("verdict", verdict); };
    $("verdicts").appendChild(button);
  });
  ["school", "guard"].forEach(function (key) {
    $(key).onchange = function () { change(key, this.value); };
    if ($(key).options.length < 2) { $(key).parentNode.hidden = true; }
  });
  var typing;
  $("text").oninput = function () {
    var value = this.value;
    clearTimeout(typing);
    typing = setTimeout(function () { change("text", value); }, 150);
  };
  $("clear").onclick = function () { state = {}; writeAddress(); update(); };
  $("previous").onclick = function () { page--; show(); $("list").scrollIntoView(); };
  $("next").onclick = function () { page++; show(); $("list").scrollIntoView(); };
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
