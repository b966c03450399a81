"""The phrases for numbers that persons have: official ones, documents, accounts at banks, and keys of their rows.

In the form of ``phrases.PHRASES``.
"""

PHRASES = """
national_number | 0.95 | anywhere | tn
    ssn, social security, social security number, national id, national number, national insurance, nino, nhs, nhs
    number, tax id, tax number, tin, itin, identity number, id card, identity card, personal number, citizen id,
    sozialversicherungsnummer, svnr, steuernummer, steuer id, personalausweis, ausweisnummer, versichertennummer,
    krankenversichertennummer, kvnr, dni, nif, nie, curp, rfc, cedula, rut, numero de identidad, seguridad social,
    nir, numero securite sociale, securite sociale, codice fiscale, bsn, burgerservicenummer, cpf, numero utente,
    cartao cidadao, aadhaar, pesel, personnummer, birth number, cpr, medicare number, medicare, mrn, medical record
    number, health insurance number, medical record, national identification, national identification number, social
    insurance number, voter id, cif nif, cifnif, nif cif, numero nif, numero dni, nss, numero seguridad social,
    documento identidad, documento de identidad, carte identite, carta identita, carta di identita,
    identiteitsnummer, rijksregisternummer, sozialversicherungsnr, steueridentifikationsnummer, steuernr, ahv, ahv
    nummer, avs, fodselsnummer, henkilotunnus, personenkennzeichen, personenkennziffer, bpk, jmbg, oib, cnp, egn,
    nric, tckn, numero identificacion, numero identificacao, numero identificazione, identificatienummer, cin,
    numero cin, piece identite, numero piece identite, num doc id, documento numero, nic, nic number, nic no, nid,
    nid number, id card number, id card no, identity no, identity card number, identity card no, government id,
    citizen number, citizenship number, national identity, national identity card, national insurance number, ni
    number, nin, social insurance, social security no, sss number, philhealth, tax identification number, tax payer
    id, taxpayer id, taxpayer number, tax file number, fiscal code, vatin, pan number, pan card, aadhar, aadhaar
    number, aadhar number, cnic, cpr number, emirates id, hkid, ic number, icno, ic no, medicaid, medicaid number,
    medicaid id, medicare id, health card, health card number, health number, health insurance id, hic number, mrno,
    mr number, mrn number, hospital number, chart number, ssn no, ssn number, ssnum, ssn num, sozialvers nr, sozvers
    nr, sv nummer, sv nr, svnummer, versicherungsnr, versichertennr, versicherten nr, krankenversnr, kv nr, kv
    nummer, kvnummer, steuerid, steueridnr, steuer nr, steuer nummer, steuer ident nr, idnr, ident nr,
    identifikationsnummer, personalausweisnr, personalausweisnummer, perso nr, ausweis nr,
    rentenversicherungsnummer, rv nummer, rvnr, ahvnr, ahv nr, lebenslange arztnummer, dni nie, dninie, dni cif, num
    dni, nro dni, dni tutor, dni padre, dni madre, num documento identidad, numero de documento, nro de documento,
    numero cedula, nro cedula, cedula identidad, cedula ciudadania, nuss, nass, naf, num seguridad social, num seg
    social, nro seguro social, numero seguro social, seguro social, seg social, segsocial, afiliacion ss, n
    seguridad social, tarjeta sanitaria, num tarjeta sanitaria, cip, nuhsa, historia clinica, num historia clinica,
    nhc, numero historia, cuil, doc identidad, identificacion fiscal, id fiscal, num ss, num secu, no ss, no secu,
    numero secu, nss assure, numero ss, numero secu sociale, num securite sociale, no securite sociale, insee,
    numero insee, ine, nne, numen, numero national, num national, registre national, niss, inss, cni, numero cni,
    num cni, carte nationale identite, carte sejour, numero fiscal, num fiscal, ipp, nip, cod fiscale, codfiscale,
    codice fisc, codice fiscale paziente, codice sanitario, tessera sanitaria, numero tessera sanitaria, tessera
    sanitaria numero, carta identita numero, num carta identita, documento identita, numero documento identita,
    sofinummer, sofi nummer, bsn nummer, bsnnummer, burger service nummer, burgerservicenr, rijksregister,
    rijksregisternr, insz, inss nummer, polisnummer zorg, zorgverzekering nummer, btw nummer particulier,
    identiteitskaart, identiteitskaartnummer, id kaart, vreemdelingennummer, v nummer, cpf cnpj, cpf responsavel,
    cpf titular, cpf mae, cpf pai, num cpf, nr cpf, num rg, nr rg, rg numero, numero rg, registro geral, carteira
    identidade, carteira de identidade, orgao emissor rg, titulo eleitor, titulo de eleitor, pis, pasep, pis pasep,
    nis, nit pis, ctps, carteira trabalho, cns, cartao sus, num sus, numero sus, niu, nif pessoal, num contribuinte,
    numero contribuinte, nr contribuinte, contribuinte numero, bilhete identidade, bi numero, num bi, cc numero, num
    cc, cartao de cidadao, num cartao cidadao, num identificacao, niss numero, num seguranca social, numero
    seguranca social, num segurado, numero processo clinico, num processo clinico
national_number | 0.8 | linked | t | exact
    cf, identificacion, identificacao, identificazione
national_number | 0.6 | person | tn
    vat number, vat id, vat no, partita iva, ust id, ustid, siret, siren, numero documento, nro documento, num
    documento, identification number, identification no, rg, cnpj, tax code, tax no, tax id no, fiscal id, fiscal
    number, cuit, ruc, nit, ie, inscricao estadual, btw nummer, umsatzsteuer id, ust idnr, numero tva, tva
    intracommunautaire
document_number | 0.9 | anywhere | tn
    passport, passport number, passport no, driver license, driving licence, drivers license, driver licence,
    license number, licence number, visa number, reisepass, reisepassnummer, fuhrerschein, fuehrerschein, pasaporte,
    passeport, permis de conduire, passaporto, paspoort, rijbewijs, document number, documento, insurance number,
    policy number, certificate number, member number, membership number, loyalty number, frequent flyer, birth
    certificate, death certificate, marriage certificate, identification document, id document, residence permit,
    work permit, passport id, passnummer, passnr, ausweisnr, ausweis nummer, aufenthaltstitel, titre sejour, numero
    passeport, numero pasaporte, numero passaporto, numero de pasaporte, paspoortnummer, rijbewijsnummer, licencia
    conducir, carnet conducir, patente di guida, numero patente, carta conducao, carteira motorista, cnh, acte
    naissance, driver licence number, driver license number, driving license, library card, mitgliedsausweis,
    schulerausweis, versicherungsnummer, numero poliza, policy no, membership no, passportno, passport num, passport
    nr, pass number, passport issue number, visa no, visa nr, driver license no, driving license number, driving
    license no, driving licence number, driving licence no, drivers licence, drivers license number, dl number, dl
    no, licence no, license no, license nr, npi, npi number, dea number, medical license, work permit number,
    residence permit number, green card, alien number, id document number, identity document, identity document
    number, document id number, insurance no, insurance policy number, policy num, policyno, policy nr, polno,
    insurance card number, insurance id, insurance member id, card serial number id, voter card, voter card number,
    student card, member card, member card number, membership card, membership card number, loyalty card, loyalty
    card number, library card number, library card no, badge number, badge no, badge id, frequent flyer number,
    ration card, diploma number, ausweisnummer id, reisepassnr, pass nr, fuehrerscheinnr, fuehrerscheinnummer,
    fuhrerscheinnummer, fuhrerscheinnr, mitgliedskarte, mitgliedskartennummer, kundenkarte, kundenkartennummer,
    bibliotheksausweis, leseausweis, policennummer, policenr, vertragsnr versicherung, versicherungsschein,
    versicherungsscheinnummer, pasaporte numero, num pasaporte, nro pasaporte, licencia conduccion, permiso
    conducir, permiso de conducir, numero licencia, nro licencia, num colegiado, numero colegiado, numero matricula
    profesional, matricula profesional, num documento identificacion, num carnet, numero carnet, nro carnet, num
    poliza, nro poliza, poliza, num afiliado, nro afiliado, numero afiliado, num passeport, no passeport, permis
    conduire, numero permis, num permis, no permis, carte membre, numero carte membre, numero adhesion, num
    adhesion, numero licence, num licence, no licence, numero police, num police, no police, numero contrat
    assurance, numero adeli, rpps, num rpps, numero rpps, adeli, passaporto numero, num passaporto, patente numero,
    tessera, num tessera, numero iscrizione albo, numero polizza, num polizza, polizza, numero documento identita
    rilascio, rijbewijsnr, rijbewijs nummer, paspoortnr, paspoort nummer, lidkaart, lidkaartnummer,
    lidmaatschapsnummer, klantenkaart, polisnummer, polisnr, polis nummer, big nummer, bignummer, agb code, agbcode,
    num passaporte, nr passaporte, num habilitacao, carteira habilitacao, carta de conducao, numero carta conducao,
    num carteirinha, carteirinha, numero carteirinha, coren, oab, numero apolice, num apolice, apolice, certidao
    nascimento, num certidao, numero certidao, matricula certidao
document_number | 0.75 | person | t | exact
    license, licence, lizenz, licencia, licenza
document_number | 0.6 | person | tn
    ticket, ticket number, ticket no, case number, numero doc, num doc, nro doc, document no, document nr, doc
    number, doc no, doc num, documentnummer, dokumentnummer, dokumentennummer, numero document, num document, no
    document, nr documento
document_number | 0.8 | linked | t | exact
    identifier, kennung
vehicle | 0.85 | anywhere | t
    license plate, licence plate, number plate, plate number, vin, kennzeichen, matricula, vehicle registration,
    registration plate, car plate, plate no, immatriculation, plaque immatriculation, targa, kenteken, placa,
    autokennzeichen, license plate number, licence plate number, licenseplate, licenceplate, vehicle plate, vehicle
    number, vehicle reg, vehicle registration number, registration number vehicle, reg plate, chassis number,
    chassis no, engine number, car registration, car number, kfz, kfz kennzeichen, kfzkennzeichen, kfz nr,
    fahrgestellnummer, fin fahrzeug, amtliches kennzeichen, matricula vehiculo, matricula coche, num matricula
    vehiculo, patente vehiculo, patente auto, num bastidor, bastidor, num chasis, plaque, plaque vehicule, numero
    immatriculation, num immatriculation, immatriculation vehicule, numero chassis, targa veicolo, targa auto,
    numero telaio, telaio, kentekennummer, kenteken nr, kenteken auto, chassisnummer, nummerplaat, matricula
    veiculo, matricula viatura, placa veiculo, placa carro, chassi, renavam
credit_card | 0.93 | anywhere | tn
    credit card, card number, credit card number, cc number, cc num, ccn, debit card, card no, pan, kreditkarte,
    kreditkartennummer, tarjeta, numero de tarjeta, carte bancaire, carta di credito, creditcard, cartao, numero
    carta, numero carte, numero cartao, kartennummer, kaartnummer, cc no, ccno, ccnumber, cc num masked, cardnumber,
    cardno, card num, card nr, card last four, last four, last four digits, masked card, masked pan, card pan, card
    token, card bin, payment card, payment card number, visa card, mastercard, amex, ccnr, kartennr, karten nr,
    karten nummer, kreditkartennr, kreditkarten nr, num tarjeta, numero tarjeta, nro tarjeta, tarjeta credito,
    tarjeta de credito, tarjeta debito, carte credit, carte de credit, num carte bancaire, numero cb, num cb, carta
    credito, num carta credito, numero carta credito, kaartnr, creditcardnummer, creditcard nummer, creditcardnr,
    num cartao, cartao credito, cartao de credito, cartao debito, numero do cartao, nr cartao
bank_account | 0.93 | anywhere | tn
    iban, bank account, account number, bank account number, acct number, sort code, routing number, swift,
    kontonummer, bankverbindung, numero de cuenta, cuenta bancaria, numero de compte, rib, conto corrente,
    rekeningnummer, account no, konto nummer, beneficiary account, counterparty account, bic, swift code,
    bankleitzahl, blz, kontonr, iban code, codigo iban, compte bancaire, numero conto, numero conto corrente, numero
    cuenta, numero conta, bankrekening, bankrekeningnummer, rekening nummer, clabe, cbu, pix, chave pix, sepa
    mandate, mandat sepa, routing no, transit number, account iban, bankaccount, bank account no, bank acct, bank
    acc, bank acc no, bank account num, bank number, accountno, account nr, account num, acctno, acct no, acc no,
    acc number, bank sort code, sortcode, aba number, aba routing, swiftcode, swift bic, bic swift, iban number,
    iban no, ibannr, iban nr, iban bic, bban, micr, ifsc, ifsc code, payout account, wire account, salary account,
    direct debit, direct debit mandate, mandate reference, bankkonto, bank konto, bankkontonummer, bankkontonr,
    konto nr, kontonummer iban, kontoverbindung, bankleitzahl blz, girokonto, lastschrift, sepa mandat,
    mandatsreferenz, mandatsnummer, mandatsref, bankdaten, ktonr, kto nr, cuenta corriente, num cuenta, nro cuenta,
    n cuenta, cuenta iban, cuenta banco, num cuenta bancaria, numero cuenta bancaria, numero de cuenta bancaria,
    codigo cuenta cliente, codigo swift, domiciliacion bancaria, cuenta domiciliacion, mandato sepa, cvu, cbu alias,
    compte iban, numero compte, num compte, no compte, numero compte bancaire, num compte bancaire, releve identite
    bancaire, code iban, code bic, code banque, code guichet, cle rib, coordonnees bancaires, coord bancaires,
    numero di conto, num conto, nr conto, conto bancario, coordinate bancarie, codice iban, codice bic, codice
    swift, rekeningnr, rekening nr, bankrekeningnr, bank rekening, bankrekening nummer, banknummer, bankgegevens,
    machtiging nummer, machtigingskenmerk, incasso rekening, tegenrekening, ibannummer, conta bancaria, conta
    corrente, num conta, nr conta, nro conta, numero da conta, numero conta corrente, agencia conta, agencia
    bancaria, nib, codigo banco conta, chavepix, dados bancarios, debito direto, conta poupanca
bank_account | 0.6 | anywhere | tn
    account, konto, cuenta, compte, conto, rekening, conta
person_key | 0.85 | anywhere | tn
    userid, uid, patientid, customerid, clientid, memberid, employeeid, subject id, subjid, usubjid, participant id,
    empno, emp number, matrikelnummer, personalnummer, kundennummer, patientennummer, mitgliedsnummer, numero de
    cliente, numero client, klantnummer, staff code, personid, person no, studentid, memberno, membernumber,
    patientno, customerno, clientno, employeeno, emp no, staff no, personnel number, personnel no, staff number,
    employee number, student number, client number, patient number, customer number, numero alumno, numero empleado,
    numero paciente, numero adherent, numero etudiant, numero socio, numero tessera, codice cliente, codice
    paziente, codigo cliente, codigo paciente, codigo alumno, codigo empleado, debitorennummer, mitarbeiternummer,
    schulernummer, personnr, kundennr, patientennr, mitgliedsnr, klantnr, personeelsnummer, leerlingnummer,
    clientnummer, patientnummer, insureeid, insuree id, useruuid, personuuid, user guid, user uuid, person uuid,
    person guid, patient uuid, customer uuid, client uuid, member uuid, employee uuid, contact uuid, user no,
    userno, user number, usernr, user nr, userkey, user key, personkey, person key, personnummer id, person number,
    person nr, personnr id, custno, cust no, custnr, cust nr, custnum, customernr, customer nr, customer num,
    custid, cust id, clientnr, client nr, client num, clientnum, patientnr, patient num, patientnum, pat no, patno,
    pat nr, patnr, pat id, patid, pid patient, memberid number, membernr, member nr, memb no, employee num,
    employeenr, employee nr, emplid, empl id, empid, emp id, empnr, emp nr, emp code, employee code, staffid, staff
    nr, personnel id, personnel nr, personel no, payroll number, payroll no, payroll id, student no, studentno,
    student nr, studentnr, student num, student code, pupil id, pupil number, pupil no, upn, uln, teacher id,
    teacher code, teacher no, tutor id, subject number, subject no, participant number, participant no, participant
    code, respondent id, proband id, case subject id, borrower number, borrowernumber, borrower id, patron id,
    patron number, voter number, donor number, donor id, guest id, tenant number, subscriber number, subscriber id,
    insured id, beneficiary id, policyholder id, account person id, kdnr, kd nr, kundenid, kunden id, kunden nr,
    kunden nummer, kundenkey, debitorennr, debitor nr, debitornr, mitgliednr, mitglied nr, mitgl nr, mitglnr,
    mitgliedsid, mitglieds nr, mitglieds nummer, mitgliedernr, persnr, pers nr, personal nr, personalnr, personal
    nummer, personennr, personen nr, personenid, personennummer, mitarbeiternr, mitarbeiter nr, mitarbeiterid, ma
    nr, schulernr, schuelernr, schueler nr, schuelerid, schuelernummer, matnr, mat nr, matrnr, matr nr, matrikel nr,
    immatrikulationsnummer, patienten nr, patientenid, patienten id, patientenr, fallpatient, versichertenid,
    versicherten id, teilnehmernr, teilnehmer nr, teilnehmernummer, probandennummer, klientennr, klientennummer,
    leser nr, lesernummer, lehrernr, lehrer nr, lehrerid, lehrerkuerzel, lehrerkurzel, benutzernr, benutzer nr,
    benutzerid, num cliente, nro cliente, numcliente, nrocliente, cod cliente, codcliente, cve cliente, clave
    cliente, clave alumno, num alumno, nro alumno, numalumno, cod alumno, codalumno, num expediente alumno,
    expediente alumno, num paciente, nro paciente, cod paciente, num empleado, nro empleado, numempleado, cod
    empleado, codempleado, clave empleado, legajo, nro legajo, num legajo, num trabajador, cod trabajador, num
    socio, nro socio, nrosocio, numsocio, cod socio, num usuario, cod usuario, codusuario, cod persona, codpersona,
    num persona, nro persona, cod profesor, codprofesor, cod vendedor, num adherent, no adherent, num client, no
    client, code client, codeclient, numclient, num abonne, no abonne, numero abonne, num allocataire, numero
    allocataire, num etudiant, no etudiant, numetudiant, code eleve, num eleve, numero eleve, no eleve, elenoet, num
    patient, no patient, numero patient, code patient, num dossier patient, numero dossier patient, num employe, no
    employe, code employe, matricule employe, matricule agent, num salarie, numero salarie, matricule salarie, num
    assure, numero assure, num licencie, numero licencie, num beneficiaire, numero beneficiaire, num usager, code
    usager, num personne, code personne, cod paziente, cod dipendente, codice dipendente, matricola dipendente, num
    matricola, numero matricola, cod utente, codice utente, num utente, codice persona, codice socio, codice alunno,
    cod alunno, codice studente, matricola studente, numero paziente, codice assistito, cod assistito, numero
    iscritto, codice iscritto, codice anagrafica, cod anagrafica, klant nr, klantid, klant id, klant nummer,
    klantcode, lidnr, lid nr, lidnummer, lid nummer, lidid, ledennummer, relatienummer, relatie nr, relatienr,
    relatieid, persoonid, persoon id, persoonsnummer, persoonnummer, persoonsnr, personeelsnr, personeels nr,
    medewerkernr, medewerker nr, medewerkernummer, medewerkerid, werknemernr, werknemersnummer, werknemer nr,
    cliëntnummer, studentnummer, leerlingnr, leerling nr, leerlingid, deelnemernummer, deelnemernr, cursistnummer,
    verzekerdenummer, gebruikerid, gebruiker id, gebruikersid, docentcode, docent code, num utilizador, cod
    utilizador, codigo usuario, codigo pessoa, cod pessoa, codpessoa, num funcionario, cod funcionario,
    codfuncionario, codigo funcionario, matricula funcionario, matricula servidor, num aluno, cod aluno, codaluno,
    codigo aluno, matricula aluno, codigo associado, num associado, num beneficiario, codigo beneficiario, codigo
    segurado, nr utente, nr aluno, nr cliente, nr socio, nr funcionario, numero aluno, numero funcionario, numero
    associado, numero beneficiario, numero cliente
person_key | 0.75 | person | tn | exact
    matricola, matricule, matrikel, matrikelnr, matriculation number, kennnummer, lfd nr person, matr, nummatricola,
    personalkuerzel, prontuario, siape
national_number | 0.75 | linked | tn
    id number, id num, id no, idnumber, id numero, other id, official id, identifiant national, identificativo
    fiscale
"""
