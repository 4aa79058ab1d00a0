"use strict";
// Everything that goes wrong from the first line on.
window.found = { errors: [] };
const complain = (kind) => (event) => window.found.errors.push(`${kind}: ${event.message ?? event.reason ?? event.violatedDirective ?? event}`);
addEventListener("error", complain("error"), true);
addEventListener("unhandledrejection", complain("rejection"));
document.addEventListener("securitypolicyviolation", complain("policy"));
for (const level of ["error", "warn"]) {
  const original = console[level];
  console[level] = (...words) => { window.found.errors.push(`console.${level}: ${words.join(" ")}`); original(...words); };
}
