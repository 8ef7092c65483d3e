import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../launch/free-ports.ts";
import { startChild, type TestChild } from "../../test/harness/child.ts";
import { waitFor } from "../../test/harness/wait-for.ts";

type Caught = {
  readonly subject: string;
  readonly text: string;
  readonly from: string;
  readonly to: string[];
  readonly id: number;
  readonly attachments: { filename: string; contentType: string; bytes: number }[];
};

const folder = mkdtempSync(join(tmpdir(), "onsale-mail-"));
let smtpPort: number;
let catcher: TestChild;
let restart: () => Promise<void>;

beforeAll(async () => {
  smtpPort = await freePort();
  const settings = {
    MAIL_SMTP_PORT: String(smtpPort),
    MAIL_HTTP_PORT: String(await freePort()),
    MAIL_DATA: folder,
  };
  restart = async () => {
    catcher = await startChild("outside/mail-catcher/server.ts", settings);
  };
  await restart();
});
afterAll(async () => {
  await catcher.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function send(to: string, subject: string, text = "text"): Promise<void> {
  const transport = createTransport({ host: "127.0.0.1", port: smtpPort, ignoreTLS: true });
  await transport.sendMail({ from: "Onsale <tickets@onsale.example>", to, subject, text });
}

async function mailsTo(address: string): Promise<Caught[]> {
  const answer = await fetch(`${catcher.url}/messages?to=${encodeURIComponent(address)}`);
  return (await answer.json()) as Caught[];
}

test("a mail is kept for whom it was sent to, and is there after a restart", async () => {
  await send("ada+1@onsale.example", "Grüße");
  await send("bob@onsale.example", "not for Ada");
  const expected = { subject: "Grüße", from: "tickets@onsale.example", to: ["ada+1@onsale.example"] };
  expect(await mailsTo("ada+1@onsale.example")).toMatchObject([expected]);
  await catcher.kill("SIGKILL");
  await restart();
  expect(await mailsTo("ada+1@onsale.example")).toMatchObject([expected]);
});

test("the page takes nothing of a mail for markup", async () => {
  await send("eve@onsale.example", "<script>1</script>", "<img src=x onerror=1> & more");
  const page = await fetch(catcher.url);
  const html = await page.text();
  expect(html).toContain("&lt;script&gt;1&lt;/script&gt;");
  expect(html).not.toMatch(/<(script|img)/);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
});

test("a client that breaks off in the middle of its mail ends nobody else's", async () => {
  const socket = connect(smtpPort, "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString();
  });
  const says = (code: string) => waitFor(() => heard.includes(code), { what: `SMTP ${code}` });
  await says("220 ");
  socket.write("EHLO test\r\n");
  await says("250 ");
  heard = "";
  socket.write("MAIL FROM:<a@onsale.example>\r\n");
  await says("250 ");
  socket.resetAndDestroy();
  await waitFor(() => catcher.output().includes("mail catcher:"), { what: "the broken connection" });
  await send("after@onsale.example", "still here");
  expect(await mailsTo("after@onsale.example")).toHaveLength(1);
});

test("its page shows a mail's own markup in a frame that can do nothing, and its files to be kept", async () => {
  const transport = createTransport({ host: "127.0.0.1", port: smtpPort, ignoreTLS: true });
  const content = Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 255, 13, 10]);
  const html = "<p>Hello <b>Fay</b></p>";
  const attachments = [{ filename: "tickets.pdf", contentType: "application/pdf", content }];
  await transport.sendMail({
    from: "a@onsale.example",
    to: "fay@onsale.example",
    subject: "s",
    text: "t",
    html,
    attachments,
  });
  const [mail] = await mailsTo("fay@onsale.example");
  expect(mail?.attachments).toEqual([
    { filename: "tickets.pdf", contentType: "application/pdf", bytes: content.length },
  ]);
  const shown = await fetch(`${catcher.url}/messages/${mail?.id}/html`);
  expect(await shown.text()).toContain("Hello <b>Fay</b>");
  expect(shown.headers.get("content-security-policy")).toContain("sandbox; default-src 'none'");
  const file = await fetch(`${catcher.url}/messages/${mail?.id}/attachments/0`);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(content);
  expect(file.headers.get("content-disposition")).toBe('attachment; filename="tickets.pdf"');
  const raw = await fetch(`${catcher.url}/messages/${mail?.id}/raw`);
  expect(await raw.text()).toMatch(/^From: a@onsale.example\r\n/m);
  for (const path of [
    "messages/999999/raw",
    `messages/${mail?.id}/attachments/1`,
    "messages/0/html",
    "other",
  ])
    expect((await fetch(`${catcher.url}/${path}`)).status, path).toBe(404);
});

test("an address makes it act up, for as often as it says", async () => {
  await expect(send("refuse-550.a@onsale.example", "s")).rejects.toMatchObject({
    responseCode: 550,
    command: "RCPT TO",
  });
  await expect(send("reject-451.a@onsale.example", "s")).rejects.toMatchObject({
    responseCode: 451,
    command: "DATA",
  });
  await expect(send("refuse-450.times-1.a@onsale.example", "s")).rejects.toMatchObject({ responseCode: 450 });
  await send("refuse-450.times-1.a@onsale.example", "s");
  await expect(send("drop.times-1.a@onsale.example", "s")).rejects.toThrow(/closed/);
  await send("drop.times-1.a@onsale.example", "s");
  const counts = ["refuse-550.a", "reject-451.a", "refuse-450.times-1.a", "drop.times-1.a"].map(
    async (name) => (await mailsTo(`${name}@onsale.example`)).length,
  );
  expect(await Promise.all(counts)).toEqual([0, 0, 1, 2]);
});

test("a mail beyond the bound is refused, and the next one is taken", async () => {
  await expect(send("big@onsale.example", "big", "x".repeat(6_000_000))).rejects.toThrow(/552/);
  await send("big@onsale.example", "small");
  expect(await mailsTo("big@onsale.example")).toMatchObject([{ subject: "small" }]);
});
