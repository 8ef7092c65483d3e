// One buyer a virtual user, from the room to a booking, against a running server:
//   k6 run -e URL=http://127.0.0.1:8080 --vus 20 --duration 30s loadtest/buyer.k6.js
import { check, sleep } from "k6";
import http from "k6/http";

const url = __ENV.URL || "http://127.0.0.1:8080";
const json = { "Content-Type": "application/json" };

export const options = {
  thresholds: { checks: ["rate>0.99"], "http_req_duration{step:booking}": ["p(99)<2000"] },
};

export function setup() {
  const event = http.get(`${url}/v1/events`).json("events.0.id");
  return { event, sections: http.get(`${url}/v1/events/${event}`).json("sections").map((section) => section.id) };
}

export default function buy({ event, sections }) {
  const email = `k6-${__VU}-${__ITER}-${Date.now()}@onsale.example`;
  const token = http.post(`${url}/v1/sessions`, JSON.stringify({ email }), { headers: json }).json("token");
  const headers = { ...json, Authorization: `Bearer ${token}` };
  http.post(`${url}/v1/events/${event}/places`, "{}", { headers });
  const pass = waitForPass(event, headers);
  if (!check(pass, { "the turn came": (found) => found !== undefined })) return;
  const body = JSON.stringify({
    sectionId: sections[(__VU + __ITER) % sections.length],
    wish: { mode: "best-available", quantity: 2 },
  });
  const booked = http.post(`${url}/v1/events/${event}/bookings`, body, {
    headers: { ...headers, "Onsale-Pass": pass, "Idempotency-Key": `k6-${__VU}-${__ITER}-${Date.now()}` },
    tags: { step: "booking" },
    responseCallback: http.expectedStatuses(201, 409),
  });
  check(booked, { "booked, or told that it is sold out": (answer) => answer.status === 201 || answer.status === 409 });
  http.del(`${url}/v1/events/${event}/places/mine`, null, { headers });
}

function waitForPass(event, headers) {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const mine = http.get(`${url}/v1/events/${event}/places/mine`, { headers });
    if (mine.json("outcome") === "turn") return http.post(`${url}/v1/events/${event}/passes`, "{}", { headers }).json("pass");
    sleep(0.5);
  }
  return undefined;
}
