// Says whether the page is light or dark, before it is first painted and whenever that changes. It is a file of its
// own since the content security policy lets no script in that stands in the page; src/shared/storage.ts keeps the choice.
(() => {
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return JSON.parse(localStorage.getItem("chitchat.theme") ?? "null");
    } catch {
      return null; // storage is forbidden, or someone else wrote there: the system decides
    }
  }

  function apply() {
    const choice = chosen();
    const isDark = choice === "dark" || (choice !== "light" && systemIsDark.matches);
    const theme = isDark ? "dark" : "light";
    root.dataset.theme = theme;
    root.style.colorScheme = theme;
    const bar = document.querySelector('meta[name="theme-color"]');
    if (bar) bar.content = bar.dataset[theme];
  }

  apply();
  systemIsDark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("chitchat:theme", apply);
})();
