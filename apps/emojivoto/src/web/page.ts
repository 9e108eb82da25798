/** The page of the demo: one file, no assets, works without the internet. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Emoji Vote</title>
<link rel="icon" href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><text y='13' font-size='13'>🗳️</text></svg>">
<style>
:root { color-scheme: light dark; --ink: light-dark(#1f2230, #e9eaf2); --soft: light-dark(#666b80, #a0a4b8);
  --sheet: light-dark(#fff, #1c1e29); --ground: light-dark(#f5f5f9, #13141b); --line: light-dark(#e2e3ec, #303343);
  --bad: light-dark(#b3401f, #ff9d7d); }
* { box-sizing: border-box }
body { margin: 0; padding: 32px 16px 64px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
main { max-width: 880px; margin: auto }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 17px; margin: 32px 0 8px }
p { margin: 4px 0 0; color: var(--soft) }
#said { min-height: 3em; margin: 16px 0; padding: 12px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--sheet) }
#said.bad { color: var(--bad) }
#choices { display: grid; grid-template-columns: repeat(auto-fill, minmax(52px, 1fr)); gap: 8px }
button { font-size: 26px; line-height: 1; padding: 12px 0; border: 1px solid var(--line); border-radius: 10px; background: var(--sheet); cursor: pointer }
button:hover, button:focus-visible { outline: 2px solid #7a6cf0; outline-offset: 1px }
ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 8px }
li { padding: 6px 12px; border: 1px solid var(--line); border-radius: 99px; background: var(--sheet); font-variant-numeric: tabular-nums }
</style>
</head>
<body>
<main>
<h1>Emoji Vote</h1>
<p>Click your favourite. One of them never gets its votes counted: can you find out why?</p>
<div id="said" role="status">Loading the candidates…</div>
<div id="choices"></div>
<h2>Leaderboard</h2>
<ol id="board"></ol>
</main>
<script>
const said = document.getElementById('said'), choices = document.getElementById('choices'), board = document.getElementById('board');
const say = (text, bad) => { said.textContent = text; said.classList.toggle('bad', bad === true) };
async function ask(path) {
  const answer = await fetch(path, { headers: { 'x-request-id': crypto.randomUUID() } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || 'status ' + answer.status);
  return body;
}
async function vote(emoji) {
  try {
    await ask('/api/vote?choice=' + encodeURIComponent(emoji.shortcode));
    say(emoji.unicode + ' Your vote for ' + emoji.shortcode + ' counts.');
    await showBoard();
  } catch (reason) { say(emoji.unicode + ' Your vote was lost. ' + reason.message, true) }
}
async function showBoard() {
  const rows = await ask('/api/leaderboard');
  board.replaceChildren(...rows.map((row) => {
    const item = document.createElement('li');
    item.textContent = row.unicode + ' ' + row.votes;
    item.title = row.shortcode;
    return item;
  }));
}
async function start() {
  try {
    const list = await ask('/api/list');
    choices.replaceChildren(...list.map((emoji) => {
      const button = document.createElement('button');
      button.textContent = emoji.unicode;
      button.title = emoji.shortcode;
      button.setAttribute('aria-label', 'Vote for ' + emoji.shortcode);
      button.onclick = () => vote(emoji);
      return button;
    }));
    say('Who is it going to be?');
    await showBoard();
  } catch (reason) { say('The candidates did not load. ' + reason.message + ' Reload to try again.', true) }
}
start();
</script>
</body>
</html>
`;
