import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import type { User } from "@/client/frames";
import { ChannelList } from "@/features/channels/channel-list";
import { Profile } from "@/features/channels/profile";
import { ThemeChoice } from "@/features/channels/theme-choice";
import { NotificationChoice } from "@/features/notifications/notification-choice";
import { channelPath } from "@/shared/address";
import { forgetDrafts } from "@/shared/storage";
import { visits } from "@/shared/visit";
import { neighbour } from "./use-shortcuts";

export type SidebarProps = {
  readonly chat: Chat;
  readonly self: User;
  readonly channels: readonly Channel[];
  readonly active: string | undefined;
  readonly onSwitch: () => void;
};

/** The channels, and whoever is here. */
export function Sidebar({ chat, self, channels, active, onSwitch }: SidebarProps) {
  const open = async (name: string): Promise<void> => visits.goTo(channelPath(await chat.join(name)));

  const leave = (name: string): void => {
    const owner = chat.channel(name)?.owner;
    if (name === active) {
      const next = neighbour(channels, name, 1);
      visits.goTo(next ? channelPath(next.name) : "/", { replace: true });
    }
    chat.leave(name);
    if (owner !== undefined) forgetDrafts(owner);
  };

  return (
    <>
      <ChannelList channels={channels} active={active} onLeave={leave} onOpen={open} onSwitch={onSwitch} />
      <Profile self={self} onSignOut={chat.signOut}>
        <NotificationChoice />
        <ThemeChoice />
      </Profile>
    </>
  );
}
