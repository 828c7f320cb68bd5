// Brings the chosen tab into sight where a row of tabs is wider than the screen.

for (const row of document.querySelectorAll(".tabs")) {
  const chosen = row.querySelector("[aria-current]");
  if (chosen) row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
}
