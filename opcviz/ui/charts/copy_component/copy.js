// Copies the address of the page. Where the browser has no clipboard for pages that come without
// encryption from another machine, an old command does it; where that fails the link is shown.

const STAYS = 4000; // ms that the words stand

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

export default function ({ parentElement }) {
  const [button, said] = ["button", "[role=status]"].map((name) => parentElement.querySelector(name));
  button.onclick = async () => {
    const done = await copied(location.href);
    button.focus();
    said.textContent = done ? "Link copied." : `Copying was refused. The link: ${location.href}`;
    clearTimeout(button.timer);
    if (done) button.timer = setTimeout(() => { said.textContent = ""; }, STAYS);
  };
}
