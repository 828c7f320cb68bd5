// The task manager in our own pages: it hears of changes by the stream that the page listens to anyway.
import "./element.js";

document.addEventListener("task-event", ({ detail: { kind, event } }) => {
  for (const manager of document.querySelectorAll("queueapp-tasks")) manager.note(kind, event);
});
