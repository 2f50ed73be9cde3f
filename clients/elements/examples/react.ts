import { SessionCard, SessionList, SessionManagementPage, type UserSession } from "@session-authority/react";
import { createElement, StrictMode, useState, type ReactElement } from "react";
import { createRoot } from "react-dom/client";

const phone: UserSession = {
  session_id: "example",
  created_at: "2026-01-31T08:00:00Z",
  device: { name: "iPhone", type: "DEVICE_TYPE_MOBILE" },
  location: { city: "São Paulo", country: "BR" },
};

function Application(): ReactElement {
  const [message, setMessage] = useState("");
  return createElement(
    StrictMode,
    null,
    createElement("p", { id: "message" }, message),
    createElement(SessionManagementPage, {
      onRevoked: ({ detail }) => {
        setMessage(`Signed out: ${detail.device}`);
      },
      onOthersRevoked: ({ detail }) => {
        setMessage(`Signed out: ${String(detail.count)}`);
      },
      onError: (event) => {
        setMessage(`Failed: ${event.detail.kind}`);
      },
    }),
    createElement("h2", null, "Given sessions"),
    createElement(SessionList, { sessions: [phone], readOnly: true, lang: "de" }),
    createElement("h2", null, "One session"),
    createElement(SessionCard, { session: phone, readOnly: true }),
  );
}

const application = document.querySelector("#application");
if (application !== null) {
  createRoot(application).render(createElement(Application));
}
