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

test("a mail beyond the bound is refused, and the next one is taken", async () => {
  await expect(send("big@onsale.example", "big", "x".repeat(2_000_000))).rejects.toThrow(/552/);
  await send("big@onsale.example", "small");
  expect(await mailsTo("big@onsale.example")).toMatchObject([{ subject: "small" }]);
});
