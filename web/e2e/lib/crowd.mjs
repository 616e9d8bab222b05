/**
 * People who use no page of ours: they hold plain sockets, and say what they are told. Their sockets live in a page,
 * which is one of the server's pictures: Node 20 has none of its own.
 */
export class Crowd {
  #page;
  #channel;

  static async gather(stage, channel = stage.channel) {
    const crowd = new Crowd();
    crowd.#page = await stage.page("/");
    crowd.#channel = channel;
    await crowd.#page.evaluate(() => {
      window.sockets = new Map();
    });
    return crowd;
  }

  /** One more is here. Emails give them pictures; the ids of those without are those of their names. */
  async join(name, { email = "", channel = this.#channel } = {}) {
    await this.#page.evaluate(
      async ({ name, email, channel }) => {
        const answer = await fetch("/auth", { method: "POST", body: new URLSearchParams({ name, email, channel }) });
        if (!answer.ok) throw new Error(`POST /auth for ${name}: ${await answer.text()}`);
        const { token } = await answer.json();
        const socket = new WebSocket(`${location.origin.replace("http", "ws")}/channel?token=${token}`);
        await new Promise((opened, failed) => {
          socket.onopen = opened;
          socket.onclose = failed;
        });
        window.sockets.set(`${name} in ${channel}`, socket);
      },
      { name, email, channel },
    );
  }

  async say(name, text, { channel = this.#channel } = {}) {
    await this.#page.evaluate(({ who, text }) => window.sockets.get(who).send(text), {
      who: `${name} in ${channel}`,
      text,
    });
  }

  /** So many messages a second, until it is stopped. */
  async chatter(name, { perSecond, channel = this.#channel }) {
    await this.#page.evaluate(
      ({ who, perSecond }) => {
        let count = 0;
        window.chatter = setInterval(() => {
          count++;
          window.sockets.get(who).send(`message ${count} of a busy afternoon, said while somebody writes`);
        }, 1000 / perSecond);
      },
      { who: `${name} in ${channel}`, perSecond },
    );
  }

  async hush() {
    await this.#page.evaluate(() => clearInterval(window.chatter));
  }

  async leave(name, { channel = this.#channel } = {}) {
    await this.#page.evaluate((who) => window.sockets.get(who).close(), `${name} in ${channel}`);
  }
}
