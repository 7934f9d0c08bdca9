/** Events in words: `task.*`, `task.return`, `*`. */
import { useText } from "@/i18n";
import { useWords } from "@/office/words";

export function useEvents() {
  const { t, language } = useText();
  const words = useWords();
  const machine = (name: string): string => {
    const found = words.words.value?.machines[name];
    return found ? found[language.value] : name;
  };
  function step(event: string): string {
    const [name = "", what = ""] = event.split(".");
    if (event === "task.reminded") return t("webhooks.reminded");
    if (event === "task.escalated") return t("webhooks.escalated");
    return words.step(name, what);
  }
  function said(event: string): string {
    if (event === "*") return t("webhooks.all");
    if (event === "webhook.test") return t("webhooks.testEvent");
    const [name = "", what = ""] = event.split(".");
    return what === "*" ? `${machine(name)}（${t("webhooks.allOf")}）` : `${machine(name)} · ${step(event)}`;
  }
  return { machine, step, said };
}
