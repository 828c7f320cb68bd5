// Starts what makes the pages live; without it they work by forms and links all the same.
import "./times.js";
import "./theme.js";
import "./menus.js";
import "./tabs.js";
import "./toasts.js";
import "./acts.js";
import "./ask.js";
import "./selection.js";
import "./bulk.js";
import "./accordion.js";
import "./search.js";
import "./keyboard.js";
import "./log.js";
import "./manager/page.js";
import "./watch.js";
