/** Names of states, steps, roles, kinds and lights: the server's words, read once, so that no page has a list of its own. */
import { shallowRef } from "vue";
import { get } from "@/api/client";
import { preferences } from "@/state/preferences";

interface Word {
  zh: string;
  en: string;
}
interface MachineWords extends Word {
  initial: string;
  states: (Word & { id: string; kind: string; terminal: boolean })[];
  transitions: (Word & { id: string; to: string })[];
}
interface Words {
  kinds: Record<string, Record<string, Word>>;
  roles: Record<string, Word>;
  circles: Record<string, Word>;
  departments: Record<string, Word>;
  machines: Record<string, MachineWords>;
}

const words = shallowRef<Words | null>(null);
let asked: Promise<void> | null = null;

function load(): void {
  asked ??= get("/office/words", {})
    .then((found) => {
      words.value = found as unknown as Words;
    })
    .catch(() => {
      asked = null; // The next page asks again; until then ids stand for themselves.
    });
}

/** Words in the person's language; an id stands for itself until they are here, or where the list has grown. */
export function useWords() {
  load();
  const say = (word: Word | undefined, id: string | null | undefined): string => (word ? word[preferences.language] : (id ?? ""));
  const machine = (name: string): MachineWords | undefined => words.value?.machines[name];
  return {
    words,
    kind: (vocabulary: string, id: string | null | undefined): string => say(words.value?.kinds[vocabulary]?.[id ?? ""], id),
    role: (id: string): string => say(words.value?.roles[id], id),
    circle: (id: string | null | undefined): string => say(words.value?.circles[id ?? ""], id),
    department: (id: string | null | undefined): string => say(words.value?.departments[id ?? ""], id),
    state: (name: string, id: string | null | undefined): string => say(machine(name)?.states.find((one) => one.id === id), id),
    step: (name: string, id: string | null | undefined): string => say(machine(name)?.transitions.find((one) => one.id === id), id),
    states: (name: string) => machine(name)?.states ?? [],
    options: (vocabulary: string): { id: string; text: string }[] =>
      Object.entries(words.value?.kinds[vocabulary] ?? {}).map(([id, word]) => ({ id, text: say(word, id) })),
    circles: (): { id: string; text: string }[] => Object.entries(words.value?.circles ?? {}).map(([id, word]) => ({ id, text: say(word, id) })),
  };
}
