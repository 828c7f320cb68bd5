// Tells by a notification of the system when a task has ended, if the person has asked for it.

const WANTED = "queueapp.notify";

export const canNotify = () => "Notification" in globalThis && Notification.permission !== "denied";

export function isWanted() {
  return canNotify() && Notification.permission === "granted" && localStorage.getItem(WANTED) === "yes";
}

// Must be called by a click: browsers ask nobody otherwise.
export async function toggle() {
  if (isWanted()) localStorage.setItem(WANTED, "no");
  else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(WANTED, "yes");
  return isWanted();
}

export function tell(kind, { task_id: id, title, counts }) {
  const words = { "task.completed": "Completed", "task.failed": "Failed" }[kind];
  if (!words || !isWanted()) return;
  const failed = counts?.failed ? `, ${counts.failed} failed` : "";
  // The same tag from every tab: the system shows it once.
  new Notification(title ?? `Task ${id}`, { body: `${words}${failed}`, tag: `queueapp-${id}` });
}
