// The list of pairs, a card each.
(function () {
  "use strict";
  var data = xueji.data, words = xueji.words, element = xueji.element, fill = xueji.fill;

  function plain(pieces) { return pieces.map(function (piece) { return piece[0]; }).join(""); }
  function searched(pair) {
    if (!pair.searched) {
      pair.searched = [pair.cluster, pair.left, pair.right, pair.guard ? data.guards[pair.guard] : "", data.handling[pair.handling] || ""]
        .concat(pair.rows.map(function (row) { return plain(row[1]) + "\n" + plain(row[2]); })).join("\n").toLowerCase();
    }
    return pair.searched;
  }
  function matches(state) {
    var text = (state.text || "").toLowerCase(), school = state.school ? data.schools.indexOf(state.school) : -1;
    return data.pairs.filter(function (pair) {
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

  xueji.list({
    total: data.pairs.length,
    size: 20,
    printed: 300,
    choice: { key: "verdict", id: "verdicts", values: data.verdicts },
    filters: [
      { key: "school", values: data.schools },
      { key: "guard", values: Object.keys(data.guards), names: Object.keys(data.guards).map(function (name) { return data.guard_names[name]; }) }
    ],
    least: 2,
    rows: "pairs",
    matches: matches,
    draw: card,
    turning: true
  });
})();
