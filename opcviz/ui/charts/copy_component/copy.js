// Copies the address of the page. Where the browser has no clipboard for pages that come without
// encryption from another machine, an old command does it; where that fails the link is shown.

const STAYS = 4000; // ms that the words stand
const CHAIN = "M10.6 13.4a3.6 3.6 0 0 0 5.1 0l3.5-3.5a3.6 3.6 0 0 0-5.1-5.1l-1.3 1.3M13.4 10.6a3.6 3.6 0 0 0-5.1 0l-3.5 3.5a3.6 3.6 0 0 0 5.1 5.1l1.3-1.3";

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export default function ({ parentElement, data }) {
  const [button, said] = ["button", "[role=status]"].map((name) => parentElement.querySelector(name));
  button.innerHTML = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="${CHAIN}"/></svg>`;
  if (!data?.small) button.append("Copy link");
  button.onclick = async () => {
    const done = await copied(location.href);
    button.focus();
    said.textContent = done ? "Link copied." : `Copying was refused. The link: ${location.href}`;
    clearTimeout(button.timer);
    if (done) button.timer = setTimeout(() => { said.textContent = ""; }, STAYS);
  };
}
