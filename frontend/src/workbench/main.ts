// The workbench page: reads its task and opens it for editing.

import type { TaskPage } from "../labels/wire.ts";
import { must } from "./dom.ts";
import { openWorkbench } from "./opening.ts";
import { guardWindows } from "./windows.ts";

const page = JSON.parse(must("task").textContent ?? "") as TaskPage;
void openWorkbench(page, page.truth ? () => undefined : guardWindows);
