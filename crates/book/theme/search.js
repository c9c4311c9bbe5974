// Finds pages and headings by their words. It writes text and addresses, never markup.
(() => {
  const MOST = 20;
  const { index, root } = document.currentScript.dataset;
  const box = document.querySelector('search');
  const input = box.querySelector('input');
  const list = box.querySelector('ul');
  const base = new URL(root, location.href);
  let rows;

  const load = async () => {
    const answer = await fetch(new URL(index, location.href));
    return answer.json();
  };

  const show = (found) => {
    list.replaceChildren(
      ...found.map(([title, address, page]) => {
        const link = document.createElement('a');
        link.href = new URL(address, base).href;
        link.textContent = page ? `${title} (${page})` : title;
        const item = document.createElement('li');
        item.append(link);
        return item;
      }),
    );
  };

  input.addEventListener('input', async () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return show([]);
    rows ??= load();
    const all = await rows;
    const fits = ([title, , page]) => {
      const text = `${title} ${page}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    show(all.filter(fits).slice(0, MOST));
  });
  box.hidden = false;
})();
