// The list of findings.
(function () {
  "use strict";
  var data = xueji.data, words = xueji.words, element = xueji.element;

  function matches(state) {
    var rule = state.rule ? data.rules.map(function (each) { return each.code; }).indexOf(state.rule) : -1;
    var school = state.school ? data.schools.indexOf(state.school) : -1;
    var classes = {};
    data.classes.forEach(function (name, index) { if (name === state["class"]) { classes[index] = true; } });
    var file = state.file ? data.files.indexOf(state.file) : -1;
    var severity = state.severity ? data.severities.indexOf(state.severity) : -1;
    var text = (state.text || "").toLowerCase();
    var found = [];
    for (var i = 0; i < data.code.length; i++) {
      if (state.rule && data.code[i] !== rule) { continue; }
      if (state.severity && data.rules[data.code[i]].severity !== severity) { continue; }
      if (state.school && data.school[i] !== school) { continue; }
      if (state["class"] && !classes[data.class_name[i]]) { continue; }
      if (state.file && data.tables[data.table[i]].file !== file) { continue; }
      if (text && searched(i).indexOf(text) < 0) { continue; }
      found.push(i);
    }
    return found;
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

  xueji.list({
    total: data.code.length,
    size: 100,
    printed: 2000,
    choice: { key: "severity", id: "severities", values: data.severities },
    filters: [
      {
        key: "rule",
        values: data.rules.map(function (rule) { return rule.code; }),
        names: data.rules.map(function (rule) { return rule.code + " " + rule.title; })
      },
      { key: "school", values: data.schools },
      { key: "class", values: data.classes.filter(function (name, index, all) { return all.indexOf(name) === index; }) },
      { key: "file", values: data.files }
    ],
    least: 3,
    rows: "rows",
    matches: matches,
    draw: row,
    turning: false
  });
})();
