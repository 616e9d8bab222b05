/** A token, as any program gets one. */
export async function tokenFor(url, name, channel) {
  const answer = await fetch(`${url}/auth`, { method: "POST", body: new URLSearchParams({ name, channel }) });
  const { token } = await answer.json();
  return token;
}

/** All messages of a channel, as the server has them, oldest first. */
export async function history(url, channel) {
  const token = await tokenFor(url, "a reader", channel);
  const all = [];
  for (let after = 0; ; after = all.at(-1).seq) {
    const answer = await fetch(`${url}/messages?limit=200&after=${after}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`GET /messages: ${answer.status} ${await answer.text()}`);
    const { messages, has_more } = await answer.json();
    all.push(...messages);
    if (!has_more) return all;
  }
}
