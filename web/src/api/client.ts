/** The one door to the server: typed paths, one error, request ids. */
import type { paths } from "./schema";
import type { ErrorBody } from "./types";

export const BASE = "/api/v1";

/** Addresses below {@link BASE} that answer a method, as the schema declares them. */
type Below<P> = P extends `${typeof BASE}${infer Rest}` ? Rest : never;
type Full<P extends string> = `${typeof BASE}${P}` & keyof paths;
type Operation<P extends string, M extends "get" | "post"> = Full<P> extends infer F extends keyof paths ? paths[F][M] : never;
type PathsWith<M extends "get" | "post"> = { [P in keyof paths]: paths[P][M] extends object ? Below<P> : never }[keyof paths];
type Parameters<O> = O extends { parameters: { path?: infer Path; query?: infer Query } } ? { path?: Path; query?: Loose<Query> } : never;
/** A filter that is empty on the screen is left out of the address. */
type Loose<Q> = { [K in keyof Q]: Q[K] | "" | null | undefined };
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? Partial<B> : null;
type Answer<O> = O extends { responses: infer R } ? { [S in keyof R & (200 | 202)]: R[S] extends { content: { "application/json": infer B } } ? B : never }[keyof R & (200 | 202)] : never;

/** An answer that is no success, or no answer at all. `body` explains it to the user in both languages. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(`${body.code} (${status})`);
    this.name = "ApiError";
  }
}

function unexplained(status: number, requestId: string | null): ErrorBody {
  const offline = status === 0;
  return {
    code: offline ? "web.no_connection" : `web.status_${status}`,
    message: offline
      ? { zh: "无法连接到服务。", en: "The service cannot be reached." }
      : { zh: `服务返回了无法识别的结果（状态 ${status}）。`, en: `The service gave an answer that was not understood (status ${status}).` },
    action: offline
      ? { zh: "请确认 kezhong serve 仍在运行、网络畅通，然后重试。", en: "Check that kezhong serve is still running and the network works, then try again." }
      : { zh: "请重试；仍然如此时，请把请求编号告诉管理员。", en: "Try again; if it persists, give the request id to the administrator." },
    request_id: requestId,
  };
}

async function failure(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("X-Request-Id");
  try {
    const body = (await response.json()) as { error?: ErrorBody };
    if (body.error?.message) return new ApiError(response.status, { ...body.error, request_id: body.error.request_id ?? requestId });
  } catch {
    // Not JSON: the envelope below says so.
  }
  return new ApiError(response.status, unexplained(response.status, requestId));
}

/** Told to the window when the server no longer knows who is calling. */
export const SIGNED_OUT = "kezhong:signed-out";

async function send(address: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new ApiError(0, unexplained(0, null));
  }
  if (!response.ok) {
    const problem = await failure(response);
    if (problem.body.code === "server.sign_in_first") window.dispatchEvent(new Event(SIGNED_OUT));
    throw problem;
  }
  return response;
}

interface Values {
  path?: object | undefined;
  query?: object | undefined;
}

/** Template, path values and query as one address; empty values are left out, lists repeat their key. */
export function address(template: string, values: Values = {}): string {
  const places = (values.path ?? {}) as Record<string, unknown>;
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(places[name])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values.query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null && item !== undefined && item !== "") search.append(key, String(item));
    }
  }
  const text = search.toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

/** GET; path, parameters and answer are those of the schema. */
export async function get<P extends PathsWith<"get">>(path: P, values: Parameters<Operation<P, "get">>, signal?: AbortSignal): Promise<Answer<Operation<P, "get">>> {
  const response = await send(address(path, values), { signal: signal ?? null, headers: { Accept: "application/json" } });
  return (await response.json()) as Answer<Operation<P, "get">>;
}

/** POST with an idempotency key: pressing a button twice, or a retry after a broken connection, starts one thing. */
export async function post<P extends PathsWith<"post">>(path: P, values: Parameters<Operation<P, "post">>, body: Body<Operation<P, "post">>, key: string): Promise<Answer<Operation<P, "post">>> {
  const response = await send(address(path, values), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body ?? {}),
  });
  return (await response.json()) as Answer<Operation<P, "post">>;
}

/** Any method, for addresses whose answer has no body or whose failure is to be tried again with the same key. */
export async function request<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, values: Values = {}, body: unknown = null, options: { key?: string | undefined; signal?: AbortSignal | undefined; version?: number | undefined } = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  // A file goes as it is; what is edited names the version it was made from.
  if (method !== "GET") headers["Content-Type"] = body instanceof Blob ? "application/octet-stream" : "application/json";
  if (options.key) headers["Idempotency-Key"] = options.key;
  if (options.version !== undefined) headers["If-Match"] = `"v${options.version}"`;
  const content = body === null ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) };
  const response = await send(address(path, values), { method, headers, signal: options.signal ?? null, ...content });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

function fileName(disposition: string | null, fallback: string): string {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  if (extended) return decodeURIComponent(extended);
  return /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1] ?? fallback;
}

/** Hand a file to the browser's downloads. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Fetch a file and save it under the name the server gives; failures are errors of ours, not a page of JSON. */
export async function download<P extends PathsWith<"get">>(path: P, values: Parameters<Operation<P, "get">>, fallback: string): Promise<void> {
  const response = await send(address(path, values), {});
  save(await response.blob(), fileName(response.headers.get("Content-Disposition"), fallback));
}
