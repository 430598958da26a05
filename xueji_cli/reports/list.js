// What the pages with a list have in common: filters, pages and the address (#rule=ID03&severity=error). A page's own script follows.
// Plain ES5, for the old browsers of schools.
var xueji = (function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var words = data.words;

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

  // own.total     how many entries there are
  // own.size      entries of a page; own.printed: of a print
  // own.choice    { key, id, values }: the filter with a button for each value, and where the buttons stand
  // own.filters   [{ key, values, names }]: the filters to select from; `names` where values are not shown as they are
  // own.least     options that a filter must have to be shown ("all" is one)
  // own.rows      id of what holds the entries
  // own.matches   (state) → the entries that the filters let through
  // own.draw      (entry) → its element
  // own.turning   whether the list is scrolled to its start when a page is turned
  function list(own) {
    var state = {}, matches = [], page = 0;
    var selects = own.filters.map(function (each) { return each.key; });
    var keys = [own.choice.key].concat(selects, "text");

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
    function draw(first, count) {
      var fragment = document.createDocumentFragment();
      matches.slice(first, first + count).forEach(function (entry) { fragment.appendChild(own.draw(entry)); });
      $(own.rows).textContent = "";
      $(own.rows).appendChild(fragment);
    }
    function show() {
      var pages = Math.max(1, Math.ceil(matches.length / own.size));
      page = Math.min(Math.max(page, 0), pages - 1);
      draw(page * own.size, own.size);
      $("count").textContent = fill(words.shown, { shown: number(matches.length), total: number(own.total) }) +
        (data.left_out ? " " + fill(words.left_out, { count: number(data.left_out) }) : "");
      $("page").textContent = fill(words.page, { page: page + 1, pages: pages });
      $("previous").disabled = page === 0;
      $("next").disabled = page >= pages - 1;
    }
    function mark() {
      selects.forEach(function (key) { $(key).value = state[key] || ""; });
      if ($("text").value !== (state.text || "")) { $("text").value = state.text || ""; }
      [].forEach.call($(own.choice.id).children, function (button) {
        button.setAttribute("aria-pressed", String((state[own.choice.key] || "") === button.value));
      });
      [].forEach.call(document.querySelectorAll(".bars a"), function (link) {
        link.setAttribute("aria-current", String(location.hash.length > 1 && link.hash === location.hash));
      });
    }
    function update() { page = 0; matches = own.matches(state); mark(); show(); }
    function change(key, value) { state[key] = value; writeAddress(); update(); }
    function turn(by) {
      page += by;
      show();
      if (own.turning) { $("list").scrollIntoView(); }
    }

    [""].concat(own.choice.values).forEach(function (value) {
      var button = element("button", value ? words[value] : words.all);
      button.type = "button";
      button.value = value;
      button.onclick = function () { change(own.choice.key, value); };
      $(own.choice.id).appendChild(button);
    });
    own.filters.forEach(function (filter) {
      var select = $(filter.key);
      select.appendChild(new Option(words.all, ""));
      filter.values.forEach(function (value, index) { select.appendChild(new Option(filter.names ? filter.names[index] : value, value)); });
      select.onchange = function () { change(filter.key, this.value); };
      if (select.options.length < own.least) { select.parentNode.hidden = true; }
    });
    var typing;
    $("text").oninput = function () {
      var value = this.value;
      clearTimeout(typing);
      typing = setTimeout(function () { change("text", value); }, 150);
    };
    $("clear").onclick = function () { state = {}; writeAddress(); update(); };
    $("previous").onclick = function () { turn(-1); };
    $("next").onclick = function () { turn(1); };
    window.onhashchange = function () { readAddress(); update(); $("list-title").focus(); $("list").scrollIntoView(); };
    // On paper there are no pages to turn: print what the filter lets through, up to a limit that is said.
    window.onbeforeprint = function () {
      draw(0, own.printed);
      if (matches.length > own.printed) { $("count").textContent = fill(words.printed, { shown: number(own.printed), total: number(matches.length) }); }
    };
    window.onafterprint = show;

    $("list").hidden = own.total === 0;
    readAddress();
    update();
    if (location.hash.length > 1) { $("list").scrollIntoView(); }
  }
  return { data: data, words: words, fill: fill, element: element, list: list };
})();
