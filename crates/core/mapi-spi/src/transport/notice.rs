//! What the spooler and a transport tell each other. Reference: "IXPLogon::TransportNotify", "IMAPISupport::SpoolerNotify"
//! (requirement XP-01)

/// What a transport is told beside its calls (TransportNotify).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportNotice {
    /// NOTIFY_BEGIN_INBOUND: it may be asked to receive.
    BeginInbound,
    /// NOTIFY_END_INBOUND.
    EndInbound,
    /// NOTIFY_BEGIN_OUTBOUND: it may be asked to send.
    BeginOutbound,
    /// NOTIFY_END_OUTBOUND.
    EndOutbound,
    /// NOTIFY_BEGIN_INBOUND_FLUSH: all that has arrived is wanted now.
    BeginInboundFlush,
    /// NOTIFY_END_INBOUND_FLUSH.
    EndInboundFlush,
    /// NOTIFY_BEGIN_OUTBOUND_FLUSH: all that waits is sent now.
    BeginOutboundFlush,
    /// NOTIFY_END_OUTBOUND_FLUSH.
    EndOutboundFlush,
    /// NOTIFY_ABORT_DEFERRED: a message that it was to be given again, by entry id, will not be.
    AbortDeferred(Vec<u8>),
}

/// What a transport tells the spooler ([`crate::Support::spooler_notify`]).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpoolerNotice {
    /// NOTIFY_NEWMAIL: something has arrived, [`crate::Transport::receive`] is wanted.
    NewMail,
    /// NOTIFY_READYTOSEND: what it put off can be sent now.
    ReadyToSend,
    /// NOTIFY_SENTDEFERRED: the message of this entry id, which it deferred, is wanted again.
    SentDeferred(Vec<u8>),
    /// NOTIFY_CONFIG_CHANGE: what it reaches is something else now.
    ConfigChange,
    /// NOTIFY_CRITICAL_ERROR: it can do nothing more, and is asked nothing more.
    CriticalError(String),
}
