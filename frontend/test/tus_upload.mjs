// Sends a file by tus-js-client, the reference client of the protocol, and prints what happened.
// usage: node tus_upload.mjs '{"endpoint", "token", "file", "chunk", "metadata", "stop", "url"}'
// stop: let go for good after so many bytes; url: go on with that upload.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import * as tus from "tus-js-client";

const given = JSON.parse(process.argv[2]);
const said = { requests: [], clip: "", url: "" };
const upload = new tus.Upload(createReadStream(given.file), {
  endpoint: given.endpoint,
  uploadUrl: given.url ?? null,
  uploadSize: (await stat(given.file)).size,
  chunkSize: given.chunk,
  headers: { Authorization: `Bearer ${given.token}` },
  metadata: given.metadata,
  // After progress the client begins with the first of these again.
  retryDelays: [0, 50, 100, 200, 400, 800, 1600, 3200],
  onAfterResponse(request, response) {
    said.requests.push([request.getMethod(), response.getStatus()]);
    said.clip = response.getHeader("Custos-Clip") ?? said.clip;
  },
  onProgress(sent) {
    if (given.stop && sent >= given.stop) {
      void upload.abort(false).then(finish);
    }
  },
  onError(error) {
    said.error = String(error);
    finish();
  },
  onSuccess: finish,
});

function finish() {
  said.url = upload.url ?? "";
  console.log(JSON.stringify(said));
  process.exit(0);
}

upload.start();
