// What went wrong with a passkey, in words, and the address where passkeys work.

const note = document.querySelector<HTMLElement>("[data-passkey-trouble]");

function say(text: string, link = ""): void {
  const line = note?.querySelector("p");
  if (!note || !line) return;
  line.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = link;
    line.append(" ", anchor);
  }
  note.hidden = false;
}

const WORDS: Record<string, string> = {
  NotAllowedError: "No passkey was used: it was cancelled, took too long, or there is none for this portal on this device.",
  InvalidStateError: "This device has a passkey of yours already.",
  SecurityError: "The browser does not allow passkeys at this address.",
  NotSupportedError: "This device cannot make such a passkey.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const error = (event as CustomEvent<{ exception: unknown }>).detail.exception;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  say(WORDS[name] ?? "The passkey could not be used. Load the page again and try once more.");
  note?.focus();
});

const host = note?.dataset["passkeyHost"] ?? location.hostname;
if (location.hostname !== host && !location.hostname.endsWith(`.${host}`)) {
  const there = new URL(location.href);
  there.hostname = host;
  say("Passkeys do not work at this address, only at", there.href);
} else if (!window.PublicKeyCredential) {
  say("This browser knows no passkeys, or the connection is not secure.");
}
