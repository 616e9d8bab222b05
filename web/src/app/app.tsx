import { useState } from "react";
import type { Credentials } from "@/client/api";
import type { Chat } from "@/client/chat";
import { channelPath, parseAddress } from "@/shared/address";
import { loadLastChannel } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";
import { visits } from "@/shared/visit";
import { SignInPart } from "./sign-in-part";
import { useLinks } from "./use-links";
import { Workspace } from "./workspace";

/** The page: a form for who is not known, else their channels. */
export function App({ chat }: { readonly chat: Chat }) {
  const account = useStore(chat, (state) => state.account);
  const [isEntering, setEntering] = useState(false);
  useLinks();

  /** The form stays until the channel is open, and the address names it. */
  const signIn = async (credentials: Credentials): Promise<void> => {
    setEntering(true);
    try {
      const channel = await chat.signIn(credentials);
      const wanted = parseAddress(location);
      visits.goTo(channelPath(channel, wanted?.channel === channel ? wanted.seq : undefined), { replace: true });
    } finally {
      setEntering(false);
    }
  };

  if (account.kind === "signed-in" && !isEntering)
    return <Workspace key={account.user.id} chat={chat} self={account.user} />;
  const why = account.kind === "signed-out" ? account.why : undefined;
  return (
    <SignInPart
      signIn={signIn}
      initial={{ channel: parseAddress(location)?.channel ?? loadLastChannel() ?? "", ...chat.account.remembered() }}
      notice={why && texts.signIn[why]}
    />
  );
}
