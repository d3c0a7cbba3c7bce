// After three quarters of an hour a pause is suggested.

const PAUSE_MS = 45 * 60_000;
const AWAY_MS = 10 * 60_000;

function suggest() {
  const now = Date.now();
  const last = Number(sessionStorage.getItem("review-last") ?? 0);
  let began = Number(sessionStorage.getItem("review-began") ?? 0);
  if (!began || now - last > AWAY_MS) began = now;
  sessionStorage.setItem("review-began", String(began));
  sessionStorage.setItem("review-last", String(now));
  document.getElementById("pause").hidden = now - began < PAUSE_MS;
}

document.getElementById("go-on").addEventListener("click", () => {
  sessionStorage.setItem("review-began", String(Date.now()));
  suggest();
});
suggest();
setInterval(suggest, 60_000);
