// Light or dark: writes Streamlit's own choice of theme for every page and loads the page again.

const KEY = (path) => `stActiveTheme-${path}-v2`; // as Streamlit 1.55 to 1.67 name it
const SUN = "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Zm-1-6h2v3h-2Zm0 19h2v3h-2ZM1 11h3v2H1Zm19 0h3v2h-3ZM4.2 2.8l2.1 2.1-1.4 1.4-2.1-2.1Zm14.9 14.9 2.1 2.1-1.4 1.4-2.1-2.1ZM2.8 19.8l2.1-2.1 1.4 1.4-2.1 2.1ZM17.7 4.9l2.1-2.1 1.4 1.4-2.1 2.1Z";
const MOON = "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z";

function isDark(element) {
  const [, r, g, b] = getComputedStyle(element).color.match(/(\d+)\D+(\d+)\D+(\d+)/).map(Number);
  return r + g + b > 384; // the text is light
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const dark = isDark(button);
  const words = dark ? "Light theme" : "Dark theme";
  button.innerHTML = `<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true"><path d="${dark ? SUN : MOON}"/></svg>`;
  button.append(words);
  button.onclick = () => {
    const links = [...document.querySelectorAll('a[data-testid^="stTopNavLink"], a[data-testid^="stSidebarNavLink"]')];
    const paths = links.map((link) => new URL(link.href).pathname);
    for (const path of new Set(["/", location.pathname, ...paths]))
      localStorage.setItem(KEY(path), JSON.stringify(dark ? "Light" : "Dark"));
    location.reload();
  };
}
