"""The phrases for work, schooling and money, in the form of ``phrases.PHRASES``."""

PHRASES = """
occupation | 0.6 | person | t | exact
    title, titel
occupation | 0.88 | linked | tnb
    occupation, profession, job title, job, job role, position title, employment status, employment type, working
    hour, hour per week, work hour, position, jobtitle, beruf, berufsbezeichnung, tatigkeit, ocupacion, profesion,
    puesto, cargo, metier, professione, occupazione, beroep, functie, profissao, job name, career, rank, military
    rank, specialty, speciality, fachgebiet, industry of employment, contact title, work title, position held,
    mansione, qualifica professionale, dienstgrad, funktion, fonction, emploi, puesto de trabajo, puesto trabajo,
    funcao, ocupacao, job code, job function, job description, specialism, specialization, especialidad, specialite,
    specializzazione, specialisme, especialidade, fachrichtung, work class, workclass, specialisatie,
    especializacion, employee role, staff role, professional title, professional status, field of work, line of
    work, work position, job position, job category, job grade, job level, job status, position name, position code,
    role in company, employment type code, occupation code, occupation name, profession name, profession code,
    employment category, unemployed, is employed, self employed, berufsgruppe, berufsstatus, beruf vater, beruf
    mutter, ausgeubter beruf, ausgeuebter beruf, erlernter beruf, stellenbezeichnung, taetigkeit,
    tatigkeitsbezeichnung, position im unternehmen, amtsbezeichnung, dienstbezeichnung, dienststellung,
    arbeitsverhaltnis, situacion laboral, puesto actual, profesion padre, profesion madre, ocupacion padre,
    ocupacion madre, categoria profesional, cargo actual, cargo empresa, profession pere, profession mere,
    profession parent, csp, categorie socioprofessionnelle, situation professionnelle, poste occupe, intitule poste,
    activite professionnelle, statut professionnel, professione padre, professione madre, mestiere, condizione
    professionale, ruolo aziendale, posizione lavorativa, inquadramento, functienaam, functietitel,
    functieomschrijving, werkzaam, specialisme arts, arbeidsstatus, profissao pai, profissao mae, situacao
    profissional, situacao laboral, cargo funcao, oficio atual, cbo
occupation | 0.7 | person | t | exact
    prof, role title, designation
credit | 0.75 | anywhere | tnd
    card expiry, cc expire, card expire, expiry month, expiry year, exp month, exp year, cc expiry, card expiration
credit | 0.85 | linked | tnb
    checking status, checking account status, savings status, savings account status, delinquent, debt to income,
    credit score, credit rating, fico, creditworthiness, risk score, loan default, credit default, in default,
    defaulted, loan status, delinquency, bankruptcy, schufa, bonitat, bankrupt, credit history, foreclosure, loan,
    kredit, darlehen, prestamo, pret, prestito, credit status, credit class, credit level, credit rating score,
    creditscore, creditrating, credit risk, credit hold, risk rating, risk class, risk category, risk level person,
    is delinquent, days past due, past due, arrears, in arrears, overdue amount, bad debt, blacklist, blacklisted,
    insolvency, insolvent, kreditwurdigkeit, kreditwuerdigkeit, kreditscore, bonitaet, bonitaetsstufe, schufa score,
    mahnstufe, mahnsperre, insolvenz, zahlungsverzug, solvencia, moroso, morosidad, riesgo crediticio, calificacion
    crediticia, historial crediticio, impago, insolvencia, solvabilite, score credit, interdit bancaire,
    surendettement, impaye, affidabilita creditizia, rischio credito, insolvenza, protesto, protesti, kredietscore,
    kredietwaardigheid, wanbetaler, betalingsachterstand, schuldsanering, inadimplente, inadimplencia, score
    credito, risco credito, negativado, restricao credito
employment | 0.65 | person | tnd
    working year, total working year, years at company, year in role, year with manager, emp length, employment
    length, employment since, employment duration, employment, department, dept, division, team, office, abteilung,
    departement, hire date, start date employment, employment date, termination date, eintrittsdatum,
    austrittsdatum, joining date, join date, hired on, tenure, years of service, seniority, work experience, years
    experience, contract type, contract start, contract end, vertragsart, beschaftigungsart, beschaeftigungsart,
    beschaftigungsgrad, einstellungsdatum, anstellung, fecha ingreso, fecha contratacion, date embauche, data
    assunzione, datum in dienst, data admissao, hired, org unit, organization unit, abteilungsname, cost center,
    kostenstelle, job id, date hired, date joined, joined date, employment start, employment end, reparto,
    wochenarbeitszeit, arbeitszeit, wochenstunden, austrittsgrund, motivo cese, date of joining, doj, date joining,
    join dt, joindate, joining dt, hiredate, hire dt, date of hire, rehire date, start dt employment, employment
    status date, employment start date, employment end date, employed since, employed from, date employed,
    termination reason, terminated on, terminated at, resignation date, resignation reason, resigned on, retirement
    date, last working day, probation end, probation date, confirmation date, notice period, contract number type,
    work schedule, working time, work location, workplace location, full time, part time, fte, department id, dept
    id, deptid, departmentid, dept no, deptno, division id, unit of work, business unit, work unit, eintritt,
    austritt, eintritts datum, austritts datum, beitritt, beitrittsdatum, mitglied seit, kuendigung, kundigung,
    kundigungsdatum, kuendigungsdatum, kundigungsgrund, eintrittsdat, diensteintritt, dienstaustritt, dienstbeginn,
    beschaeftigt seit, beschaftigungsbeginn, beschaftigungsende, probezeit, probezeitende, arbeitsbeginn,
    arbeitsort, abteilungsnr, vertragsbeginn, vertragsende, vertrag bis, stellenumfang, stellenanteil, fecha alta,
    fecha baja, fecha de ingreso, fecha de alta, fecha de baja, fecha incorporacion, fecha antiguedad, fecha cese,
    fecha toma posesion, fecha contrato, fecha inicio contrato, fecha fin contrato, fecha egreso, fecha retiro,
    motivo baja, causa baja, antiguedad, tipo contrato, area trabajo, centro trabajo, departamento trabajo, date
    entree, date sortie, date d embauche, date adhesion, date debut contrat, date fin contrat, date depart, date
    arrivee, date recrutement, motif depart, motif sortie, anciennete, type contrat, temps partiel, temps travail,
    service affectation, data di assunzione, data inizio rapporto, data fine rapporto, data cessazione, data
    iscrizione, data dimissioni, motivo cessazione, anzianita, tipo contratto, orario lavoro, sede lavoro, datum
    indiensttreding, indienst, in dienst, uit dienst, datum uit dienst, datum uitdienst, in dienst sinds,
    uitdiensttreding, lid sinds, lid vanaf, lid tot, datum lid, datum aanmelding lid, einde contract, begin
    contract, contractsoort, soort contract, reden vertrek, afdeling, dienstbetrekking, uren per week, contracturen,
    data de admissao, dt admissao, data demissao, dt demissao, data de demissao, data desligamento, data
    contratacao, data ingresso, data rescisao, motivo demissao, motivo desligamento, jornada trabalho, carga
    horaria, lotacao, vinculo empregaticio, data filiacao, data adesao
company | 0.8 | linked | t
    company, company name, employer, employer name, organization, organisation, organization name, firma,
    arbeitgeber, empresa, entreprise, societe, employeur, azienda, bedrijf, werkgever, empregador, workplace,
    affiliation, school, school name, university, institution, business name, organisation name, dienstgeber,
    betrieb, unternehmen, societa, ditta, compania, razon social, raison sociale, ragione sociale, razao social,
    last school, next school, previous school, former school, schule, escuela, ecole, scuola, escola, colegio,
    universidad, universite, universita, hochschule, current employer, previous employer, ultimo empleador,
    companyname, orgname, org name, employer company, employername, place of work, work company, agency name, legal
    entity, firm name, firmname, institution name, college name, university name, school attended, schoolname,
    previous institution, firmenname, firma name, firmen name, arbeitgeber name, name arbeitgeber,
    ausbildungsbetrieb, herkunftsschule, letzte schule, abgebende schule, aufnehmende schule, kindergarten,
    hochschule name, nombre empresa, empresa nombre, empresa trabajo, lugar trabajo, lugar de trabajo, centro de
    trabajo, empleador, nombre comercial, institucion, institucion educativa, centro estudios, centro educativo,
    centro procedencia, colegio procedencia, otro colegio, instituto, nom entreprise, nom societe, entreprise nom,
    nom employeur, lieu travail, lieu de travail, organisme, raison soc, etablissement, etablissement origine,
    etablissement precedent, ecole origine, ecole precedente, nome azienda, nome ditta, datore lavoro, datore di
    lavoro, luogo lavoro, luogo di lavoro, istituto, istituto provenienza, scuola provenienza, scuola di
    provenienza, ragionesociale, denominazione azienda, bedrijfsnaam, naam bedrijf, naam werkgever, organisatie,
    organisatienaam, instelling, herkomst school, school van herkomst, vorige school, middelbare school,
    basisschool, nome empresa, nome da empresa, razaosocial, nome fantasia, local trabalho, local de trabalho,
    entidade patronal, entidade, instituicao, escola origem, escola anterior, escola de origem, instituicao ensino
education | 0.88 | linked | tnb
    education, education level, degree, highest degree, qualification, schooling, year of education, academic level,
    bildung, schulabschluss, abschluss, bildungsstand, educacion, estudio, nivel de estudio, diplome, niveau d
    etude, istruzione, titolo di studio, opleiding, escolaridade, graduation year, major, alma mater, highest
    qualification, highest education, educational attainment, study program, study programme, course of study, field
    of study, studiengang, studienrichtung, ausbildung, hochster abschluss, titulacion, titulo academico, diploma,
    niveau etude, niveau scolaire, corso di laurea, titolo studio, grado academico, grau academico, grau de
    instrucao, nivel educativo, nivel estudio, opleidingsniveau, literacy, literacy level, degree level, academic
    degree, year of study, studienjahr, education code, education name, educational level, educational attainment
    level, education type, edu level, level of education, highest education level, degree name, degree type, diploma
    type, certificate education, schooling level, school level, school grade, school type attended, last grade,
    field study, study field, major subject, minor subject, academic year level, academic background,
    alphabetization, schulbildung, schulabschluss art, schulform, berufsausbildung, ausbildungsstand,
    ausbildungsberuf, hochschulabschluss, studienfach, studienfaecher, fachsemester, hochschulsemester,
    abschlussart, abschlussjahr, bildungsabschluss, bildungsgrad, bildungsweg, studienabschluss, estudios, nivel de
    estudios, nivel estudios, nivel educacion, nivel educacional, nivel academico, nivel instruccion, grado
    instruccion, grado de instruccion, grado estudio, grado escolar, escolaridad, formacion academica, titulacion
    academica, titulo profesional, carrera universitaria, especialidad estudios, ultimo estudio, estudios padre,
    estudios madre, niveau instruction, niveau d instruction, niveau formation, niveau diplome, dernier diplome,
    diplome obtenu, etudes, niveau etudes, niveau d etudes, filiere etude, scolarite, annee etude, annee d etude,
    formation initiale, titolo di studio codice, livello istruzione, grado istruzione, grado di istruzione, livello
    studio, laurea, corso laurea, corso studio, corso di studio, indirizzo studio, indirizzo di studio, diploma
    scuola, anno corso, scolarita, studie, studierichting, studiejaar, studieniveau, opleidingen, opleidings niveau,
    hoogste opleiding, vooropleiding, schooladvies, leerjaar, onderwijsniveau, schooltype leerling, nivel ensino,
    nivel de ensino, nivel escolaridade, nivel de escolaridade, grau escolaridade, grau instrucao, grau ensino,
    formacao academica, habilitacao literaria, habilitacoes literarias, habilitacoes, curso superior, ano letivo
    aluno, serie escolar, escolaridade pai, escolaridade mae
education | 0.7 | person | tn
    semester, study semester, grade level, year level, graduation, klasse, jahrgang, klassenstufe
credit | 0.7 | person | tnb | exact
    default
income | 0.93 | anywhere | tnb
    daily rate, monthly rate, income, salary, wage, pay rate, annual income, monthly income, base salary,
    compensation, bonus, net worth, capital gain, capital loss, earning, household income, commission pct,
    commission, pension, gehalt, lohn, einkommen, verdienst, rente, salario, sueldo, ingreso, revenu, salaire,
    reddito, stipendio, salaris, inkomen, renda, remuneration, hourly rate, payrate, stipend, hourly wage, gross
    pay, net pay, gross salary, net salary, salary amount, salary scale, salary grade, pay grade, basic salary, pay
    scale, entgelt, entgeltgruppe, tarifgruppe, besoldung, vergutung, verguetung, stundensatz, stundenlohn,
    tagessatz, honorar, nomina, retribucion, retribuzione, compenso, prime annuelle, loon, uurloon, uurtarief,
    bezoldiging, ordenado, rendimento, renda familiar, ingreso mensual, revenu mensuel, reddito mensile, bonus
    amount, commission amount, tariffa oraria, taux horaire, allowance, severance, incomes, income level, income
    group, income range, income class, income source, source of income, income amount, yearly income, net income
    person, gross income, family income, poverty, poverty status, poverty level, poverty score, below poverty,
    welfare, social welfare, benefit amount, social benefit, unemployment benefit, food stamp, subsidy, scholarship
    amount, salaries, salary level, salary band, salary range, salary rate, salarygrade, basic pay, basepay, base
    pay, paygrade, pay level, pay band, pay amount, pay type rate, paycheck, wages, wage rate, wage type amount,
    hourly pay, hour rate, hourlyrate, day rate, overtime rate, overtime pay, ctc, current salary, expected salary,
    previous salary, desired salary, net wage, take home pay, payroll amount, tax bracket, tax class, tax deduction,
    pension amount, retirement amount, commission rate person, einkuenfte, einkunfte, jahreseinkommen,
    monatseinkommen, haushaltseinkommen, nettoeinkommen, bruttoeinkommen, bruttogehalt, nettogehalt, grundgehalt,
    monatsgehalt, jahresgehalt, gehaltsstufe, gehaltsgruppe, gehalt brutto, lohngruppe, lohnart, lohnsatz,
    lohnstufe, bruttolohn, nettolohn, besoldungsgruppe, erfahrungsstufe, entgeltstufe, steuerklasse,
    kinderfreibetrag, freibetrag, zulage, pramie, sozialhilfe, arbeitslosengeld, burgergeld, hartz, bezuge, bezuege,
    renta anual, ingresos, ingresos mensuales, ingresos anuales, ingresos familiares, salario base, salario bruto,
    salario neto, salario mensual, salario actual, sueldo base, sueldo bruto, sueldo neto, sueldo mensual, haberes,
    honorarios, retribuciones, remuneracion, jornal, pension mensual, nivel ingresos, nivel socioeconomico,
    situacion economica, subsidio, ayuda social, beca importe, irpf, revenus, revenu annuel, revenu fiscal, revenu
    foyer, ressources, salaire brut, salaire net, salaire base, salaire mensuel, traitement brut, indice salaire,
    indice majore, taux journalier, allocations, primes, minimum vieillesse, pension retraite, redditi, reddito
    annuo, reddito familiare, isee, stipendi, stipendio lordo, stipendio netto, retribuzione lorda, retribuzione
    annua, paga, paga oraria, paga base, salario lordo, compensi, indennita, pensione, sussidio, fascia reddito,
    livello retributivo, inkomsten, jaarinkomen, maandinkomen, gezinsinkomen, inkomensgroep, bruto salaris, netto
    salaris, brutoloon, nettoloon, bruto loon, salarisschaal, loonschaal, maandsalaris, uitkering, bijstand,
    toeslag, pensioen, rendimentos, rendimento mensal, rendimento anual, renda mensal, renda anual, renda per
    capita, faixa renda, salario liquido, salario mensal, vencimento base, remuneracao, ordenado base, subsidio
    alimentacao, bolsa familia, beneficio social, aposentadoria, pensao
money | 0.6 | linked | n | exact
    total, credit, credito, debit, valor, quotum, prestamo, totaal
money | 0.5 | linked | t
    amount, balance, price paid, payment, spending, debt, betrag, saldo, importe, montant, importo, bedrag
money | 0.65 | linked | n
    healthcare coverage, insurance coverage, healthcare expense, amount, balance, price paid, payment, paid,
    spending, spend, expense, debt, mortgage, credit limit, loan amount, fare, cost, betrag, saldo, kontostand,
    importe, monto, montant, solde, importo, bedrag, montante, amt, charge, fee, invoice total, order total, claim
    amount, premium, deposit, total charge, purchase amount, freight, total due, sub total, donation, valor total,
    importe total, totale, prezzo totale, prix total, entry fee, credit balance, initial balance, current balance,
    account balance, opening balance, closing balance, balance due, amount due, amount paid, paid amount, total
    paid, total amount, total spent, total price, grand total, net amount, gross amount, outstanding amount,
    outstanding balance, due amount, debit amount, credit amount, loan balance, principal amount, monthly payment,
    refund amount, creditlimit, credit limit amount, overdraft, fine amount, penalty amount, membership fee,
    subscription fee, tuition, tuition fee, rent amount, monthly rent, copay, deductible, premium amount, claimed
    amount, approved amount, reimbursement, payout, winnings, wallet balance, gift amount, pledge amount, betraege,
    gesamtbetrag, rechnungsbetrag, zahlbetrag, offener betrag, guthaben, schulden, kreditlimit, kreditbetrag,
    kaution, miete, monatsmiete, jahresbeitrag, mitgliedsbeitrag, gebuhr, gebuehr, mahngebuhr, spende,
    spendenbetrag, selbstbeteiligung, praemie, saldos, saldo actual, saldo pendiente, deuda, deuda total, importe
    pagado, importe pendiente, monto total, monto pagado, cuota, cuota mensual, cuotas, limite credito, credito
    disponible, fianza, alquiler, multa, donativo, aportacion, montant total, montant paye, montant du, reste a
    payer, solde compte, dette, cotisation, cotisations, loyer, caution, plafond credit, amende, montant don,
    importo totale, importo pagato, importo dovuto, saldo conto, debito, credito residuo, quota associativa, canone,
    affitto, cauzione, multa importo, rate mensili, donazione, bedrag totaal, totaalbedrag, openstaand bedrag,
    openstaand saldo, betaald bedrag, schuld, contributie, contributiebedrag, huur, huurprijs, boete, donatie,
    kredietlimiet, valor pago, valor devido, valor divida, divida, limite de credito, saldo devedor, saldo conta,
    mensalidade, mensalidades, anuidade, aluguel, renda mensal casa, multa valor, doacao, valor doacao, montante
    total, propina
grade | 0.75 | linked | tn
    grade, gpa, mark, exam score, test score, final grade, performance rating, performance score, iq, note examen,
    calificacion, nota, voto, zensur, sat score, appraisal, attainment, attainment value, attainment descriptor,
    effort, effort value, effort descriptor, exam grade, assessment score, assessment result, class rank, letter
    grade, grade point, endnote, abschlussnote, prufungsnote, pruefungsnote, durchschnittsnote, notenschnitt,
    zeugnisnote, nota final, nota media, cijfer, eindcijfer, valutazione, votazione, bewertung person, schulnote,
    note finale, mention, mark obtained, points earned, grades, grade value, grade point average, gradepoint,
    gradevalue, marks, marks obtained, mark value, total mark, exam mark, exam marks, exam grade final, test mark,
    test grade, quiz score, quiz grade, assignment grade, course grade, final mark, final score, midterm, midterm
    score, coursework mark, class average, cgpa, sgpa, raw score, scaled score, percentile rank, rank in class,
    ranking person, performance grade, rating manager, evaluation score, evaluation result, appraisal score,
    appraisal rating, noten, notenwert, notenpunkte, notenstufe, note mundlich, note schriftlich, note muendlich,
    fachnote, gesamtnote, jahresnote, halbjahresnote, zeugnisnoten, prufungsergebnis, pruefungsergebnis, abiturnote,
    punktzahl, leistungspunkte, leistungsbeurteilung, calificaciones, calificacion final, notas finales, nota
    examen, nota evaluacion, nota curso, nota recuperacion, promedio final, promedio notas, puntaje total,
    puntuacion, resultado evaluacion, nota selectividad, notes obtenues, note obtenue, note examen final, note
    controle, note bac, moyenne generale, moyenne eleve, moyenne trimestre, appreciation generale, rang eleve, voti,
    voto finale, voto esame, voto scritto, voto orale, voto pratico, votounico, voto unico, voto ammissione, voto
    diploma, voto laurea, media voti, punteggio finale, giudizio finale, valutazione finale, condotta, voto
    condotta, comportamento voto, cijfers, cijfer eind, eindcijfers, rapportcijfer, examencijfer, tentamencijfer,
    beoordeling, toetscijfer, toetsscore, resultaat toets, notas aluno, nota prova, nota exame, nota trabalho, media
    final, media notas, media aluno, conceito final, pontuacao, avaliacao final, classificacao final, aproveitamento
grade | 0.65 | linked | n | exact
    note, score, point, mark, nota, voto, punkte, cijfer, punteggio
"""
