//! The transports of a session, as clients see them. Reference: "IMAPISession::EnumAdrTypes" (requirements 7.1, TX-03)

use mapi_spi::Result;

use super::Session;

impl Session {
    /// Address types of recipients that the active transports can reach, in the order of the profile, each once
    /// (EnumAdrTypes). Transports that nobody has needed yet are started. A transport that takes any type adds none.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn address_types(&self) -> Result<Vec<String>> {
        self.track(self.check().map(|()| {
            let mut types: Vec<String> = Vec::new();
            for provider in self.member.transports(&self.call) {
                let reach = provider.transport().map(|active| active.reach());
                for ty in reach.and_then(|r| r.address_types).unwrap_or_default() {
                    // One empty text stands for none at all.
                    if !ty.is_empty() && !types.contains(&ty) {
                        types.push(ty);
                    }
                }
            }
            types
        }))
    }
}
