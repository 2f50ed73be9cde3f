import "@session-authority/elements";

// A card gets its session by a property.
const card = document.querySelector<HTMLElementTagNameMap["session-card"]>("#card");
if (card !== null) {
  card.session = {
    session_id: "example",
    created_at: "2026-01-31T08:00:00Z",
    last_active_at: new Date(Date.now() - 5 * 60_000).toISOString(),
    device: { name: "iPhone", type: "DEVICE_TYPE_MOBILE" },
    location: { city: "São Paulo", country: "BR" },
  };
}

// Applications send the user to their own page instead of showing the message.
document.addEventListener("session-error", (event) => {
  if (event.detail.kind === "signed-out" && location.hash === "#redirect") {
    event.preventDefault();
    document.title = "Sign in";
  }
});
