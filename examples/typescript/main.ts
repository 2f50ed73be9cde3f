import { SessionAuthority } from "@session-authority/client";
import { createApp } from "./app.js";

const port = Number(process.env["PORT"] ?? "8002");
const authority = SessionAuthority.fromEnvironment();
const server = createApp(authority).listen(port, "127.0.0.1", () => {
  console.log(`http://localhost:${String(port)}/`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    authority.close();
  });
}
